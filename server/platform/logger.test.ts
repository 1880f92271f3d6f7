import { describe, expect, it } from 'vitest';
import { createSettableClock } from './clock';
import type { LogFields, LogLevel } from './logger';
import { createLogger } from './logger';

function capture(level: LogLevel = 'debug') {
  const lines: string[] = [];
  const logger = createLogger({ level, clock: createSettableClock(0), write: (line) => lines.push(line) });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') as LogFields };
}

describe('createLogger', () => {
  it('writes one JSON line with time, level, message and fields', () => {
    const { logger, lines } = capture();
    logger.child({ area: 'sync' }).info('pulled', { rows: 3, level: 'forged' });
    expect(lines).toEqual([
      '{"at":"1970-01-01T00:00:00.000Z","level":"info","message":"pulled","area":"sync","rows":3}\n',
    ]);
  });

  it('drops what lies below its level', () => {
    const { logger, lines } = capture('warn');
    logger.info('quiet');
    logger.warn('loud');
    expect(lines).toHaveLength(1);
  });

  it.each([
    ['password'],
    ['newPassword'],
    ['sessionToken'],
    ['set-cookie'],
    ['Authorization'],
    ['email'],
    ['secretKey'],
    ['api_key'],
    ['DATABASE_URL'],
  ])('A7 keeps the value of "%s" out of the log, however deep', (key) => {
    const { logger, lines } = capture();
    logger.error('failed', { request: [{ [key]: 'hunter2' }] });
    expect(lines.join('')).not.toContain('hunter2');
  });

  it.each([
    ['connect to postgres://undercroft:hunter2@127.0.0.1:5432/db failed'],
    ['header was Bearer hunter2hunter2'],
    ['duplicate key (email)=(hunter2@example.org)'],
  ])('A7 keeps secrets inside text out of the log: %s', (text) => {
    const { logger, lines } = capture();
    logger.error(text, { error: new Error(text), nested: { text } });
    expect(lines.join('')).not.toContain('hunter2');
  });

  it('writes errors with code and cause, and survives cycles, bytes and big integers', () => {
    const { logger, last } = capture();
    const cycle: LogFields = { bytes: new Uint8Array(4), big: 10n };
    cycle['self'] = cycle;
    const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: '40001' });
    logger.error('failed', { error, cycle });
    expect(last()).toMatchObject({
      error: { name: 'Error', message: 'outer', code: '40001', cause: { message: 'inner' } },
      cycle: { bytes: '[4 bytes]', big: '10', self: '[circular]' },
    });
  });
});
