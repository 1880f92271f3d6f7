import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { explainSystemError } from './system-error';

const place = { port: 80, dataDir: '/srv/undercroft' };
const systemError = (fields: object) => Object.assign(new Error('made up'), fields);

describe('explainSystemError', () => {
  it('speaks of the port when listening failed', () => {
    const inUse = explainSystemError(systemError({ code: 'EADDRINUSE', syscall: 'listen' }), place);
    expect(inUse).toContain('Port 80 is in use');
    const forbidden = explainSystemError(systemError({ code: 'EACCES', syscall: 'listen' }), place);
    expect(forbidden).toContain('Port 80 may not be used');
  });

  it.each([
    ['EACCES', 'may not'],
    ['EPERM', 'may not'],
    ['EROFS', 'only be read'],
    ['ENOSPC', 'no space'],
  ])('speaks of the file and DATA_DIR, not of the port, for %s of a file', (code, words) => {
    const path = '/srv/undercroft/secret-key';
    const sentence = explainSystemError(systemError({ code, syscall: 'open', path }), place);
    expect(sentence).toContain(words);
    expect(sentence).toContain(path);
    expect(sentence).toContain('DATA_DIR');
    expect(sentence).not.toContain('80');
  });

  it('names the data folder when the system names no file', () => {
    const sentence = explainSystemError(systemError({ code: 'ENOSPC', syscall: 'write' }), place);
    expect(sentence).toContain('/srv/undercroft');
  });

  it('has nothing to say to a bug', () => {
    expect(explainSystemError(new Error('a bug'), place)).toBeNull();
    expect(explainSystemError(systemError({ code: 'ENOENT', path: '/x' }), place)).toBeNull();
    expect(explainSystemError(undefined, place)).toBeNull();
  });
});

describe('what the system really says', () => {
  it('of a port that is in use', async () => {
    const [first, second] = [createServer(), createServer()];
    await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve));
    const { port } = first.address() as AddressInfo;
    const error = await new Promise((resolve) => second.once('error', resolve).listen(port, '127.0.0.1'));
    first.close();
    expect(explainSystemError(error, { port, dataDir: '' })).toContain(`Port ${port} is in use`);
  });
});
