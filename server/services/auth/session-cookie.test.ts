import { describe, expect, it } from 'vitest';
import { createSessionCookie } from './session-cookie';

const EXPIRES_AT = Date.UTC(2026, 10, 21, 12);

describe('createSessionCookie', () => {
  it('A2 is HttpOnly, Secure, SameSite and bound to the host on https', () => {
    expect(createSessionCookie('https://parking.example').issue('abc', EXPIRES_AT)).toBe(
      '__Host-undercroft=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Expires=Sat, 21 Nov 2026 12:00:00 GMT',
    );
  });

  it('A2 leaves out what http on localhost cannot have', () => {
    const cookie = createSessionCookie('http://localhost:3000');
    expect(cookie.issue('abc', EXPIRES_AT)).toBe(
      'undercroft=abc; Path=/; HttpOnly; SameSite=Lax; Expires=Sat, 21 Nov 2026 12:00:00 GMT',
    );
    expect(cookie.clear()).toBe('undercroft=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0');
  });

  it.each([
    [undefined, undefined],
    ['', undefined],
    ['undercroft=', undefined],
    ['undercroft=abc', 'abc'],
    ['outbox=3; undercroft=abc', 'abc'],
    ['outbox=3;undercroft=abc ; x=y', 'abc'],
    ['not-undercroft=abc', undefined],
    ['undercrofts=abc', undefined],
  ])('finds the token in %j', (header, token) => {
    expect(createSessionCookie('http://localhost:3000').read(header)).toBe(token);
  });
});
