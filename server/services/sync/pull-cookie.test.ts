import { describe, expect, it } from 'vitest';
import { isBeyond, readCookie, writeCookie, xminOf, type PullCookie } from './pull-cookie';

const cookie: PullCookie = {
  epoch: '0190a8a0-0000-7000-8000-000000000000',
  snapshot: '10:20:11,15',
  scopes: ['site:a', 'member:b'],
  at: 1_000_000,
  gateHorizon: null,
  load: null,
};
const { load: _load, ...plain } = cookie;
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('pull cookie', () => {
  it('comes back as it was written', () => {
    expect(readCookie(writeCookie(cookie))).toMatchObject(cookie);
    expect(xminOf(cookie.snapshot)).toBe('10');
  });

  it('K4 is read as an older build wrote it', () => {
    const { at: _at, ...old } = plain;
    expect(readCookie(encode({ ...old, v: 1 }))).toEqual({ ...old, v: 1, at: null, load: null });
  });

  it('K4 of a load that goes on is not taken for a whole copy by a server from before loads', () => {
    const at = [{ scope: 'site:a', entity: 'slot' as const, after: cookie.epoch }];
    const text = writeCookie({ ...cookie, load: { at, loaded: 5, total: 9 } });
    expect(readCookie(text)).toMatchObject({ load: { at, loaded: 5, total: 9 } });
    const version = (of: string) => (JSON.parse(Buffer.from(of, 'base64url').toString()) as { v: number }).v;
    expect([version(text), version(writeCookie(cookie))]).toEqual([2, 1]);
  });

  it('K4 stays within what the wire takes, with a snapshot that has seen less rather than more', () => {
    const running = Array.from({ length: 800 }, (_, index) => 1_000_000 + index);
    const text = writeCookie({ ...cookie, snapshot: `1000000:1001000:${running.join()}` });
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(readCookie(text)?.snapshot).toBe('1000000:1000000:');
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'abc'],
    ['another version', encode({ ...plain, v: 3 })],
    ['an xmax before xmin', encode({ ...plain, v: 1, snapshot: '20:10:' })],
    ['a zero xmin', encode({ ...plain, v: 1, snapshot: '0:10:' })],
    ['a transaction outside', encode({ ...plain, v: 1, snapshot: '10:20:20' })],
    ['transactions out of order', encode({ ...plain, v: 1, snapshot: '10:20:15,11' })],
    ['SQL', encode({ ...plain, v: 1, snapshot: "10:20:'; drop table users" })],
    ['a number too large', encode({ ...plain, v: 1, snapshot: '10:9999999999999999999:' })],
    ['a moment in no calendar', encode({ ...plain, v: 1, gateHorizon: 9e15 })],
    ['a moment before 1970', encode({ ...plain, v: 1, gateHorizon: -1 })],
    ['an epoch that is none', encode({ ...plain, v: 1, epoch: 'x' })],
  ])('K4 cannot be read: %s', (_name, text) => {
    expect(readCookie(text)).toBeNull();
  });

  it('knows a snapshot of another history by transactions that have not begun', () => {
    expect(isBeyond('10:20:', '15:20:')).toBe(false);
    expect(isBeyond('10:21:', '15:20:')).toBe(true);
  });
});
