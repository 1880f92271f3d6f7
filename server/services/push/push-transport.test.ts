import type { lookup as lookUp } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { createPublicLookup, createPushTransport, isPublicAddress, isPushEndpoint } from './push-transport';

describe('isPushEndpoint', () => {
  it.each([
    'https://fcm.googleapis.com/fcm/send/abc:def',
    'https://updates.push.services.mozilla.com/wpush/v2/gAAAA',
    'https://web.push.apple.com/QOk',
    'https://db5p.notify.windows.com/w/?token=1',
  ])('B4 takes %s', (endpoint) => expect(isPushEndpoint(endpoint)).toBe(true));

  it.each([
    'http://fcm.googleapis.com/fcm/send/abc',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/',
    'https://db.internal/',
    'https://printer.local/',
    'https://postgres/',
    'https://fcm.googleapis.com:5432/',
    'https://user:secret@fcm.googleapis.com/',
    'file:///etc/passwd',
    'gopher://fcm.googleapis.com/',
    `https://push.example.com/${'a'.repeat(2048)}`,
    'not a url',
  ])('B4 attack SSRF: refuses %s', (endpoint) => expect(isPushEndpoint(endpoint)).toBe(false));
});

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '142.250.185.74', '2a00:1450:4001:82a::200a'])('B4 %s is public', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
  it.each([
    ...['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
    ...['224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fc00::1', 'fd12::1', '::ffff:127.0.0.1'],
    ...['::ffff:7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', '2001:db8::1', 'ff02::1', 'nonsense'],
  ])('B4 attack SSRF: %s is not public', (address) => expect(isPublicAddress(address)).toBe(false));
});

/** A resolver that an attacker owns: any name is what they like. */
const answering = (...addresses: string[]) =>
  ((_name: string, _options: unknown, callback: (error: null, found: unknown) => void) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as unknown as typeof lookUp;

describe('createPublicLookup', () => {
  const resolve = (addresses: string[], all: boolean) =>
    new Promise((done, fail) => {
      createPublicLookup(answering(...addresses))('push.attacker.example', { all }, (error, address) =>
        error ? fail(error) : done(address),
      );
    });

  it.each([[['127.0.0.1']], [['::1']], [['8.8.8.8', '10.0.0.1']], [[]]])(
    'B4 attack SSRF: a name that leads to %j is not connected to',
    async (addresses) => {
      await expect(resolve(addresses, true)).rejects.toThrow();
      await expect(resolve(addresses, false)).rejects.toThrow();
    },
  );

  it('B4 gives public addresses on, one or all', async () => {
    await expect(resolve(['8.8.8.8', '1.1.1.1'], false)).resolves.toBe('8.8.8.8');
    await expect(resolve(['8.8.8.8', '1.1.1.1'], true)).resolves.toHaveLength(2);
  });
});

describe('createPushTransport', () => {
  it('B4 answers null, not an error, for a name that is not there', async () => {
    const failing = ((_name: string, _options: unknown, callback: (error: Error) => void) =>
      callback(new Error('ENOTFOUND'))) as unknown as typeof lookUp;
    const transport = createPushTransport({ lookup: failing });
    const post = { headers: {}, body: new Uint8Array(1) };
    await expect(transport.post('https://push.example.com/', post)).resolves.toBeNull();
  });
});
