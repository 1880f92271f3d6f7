import { describe, expect, it } from 'vitest';
import { createSessionCookie } from './session-cookie';

describe('createSessionCookie', () => {
  it('A2 is HttpOnly, Secure, SameSite and bound to the host on https', () => {
    expect(createSessionCookie('https://parking.example').issue('abc')).toBe(
      '__Host-undercroft=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=34560000',
    );
  });

  it('A2 leaves out what http on localhost cannot have', () => {
    const cookie = createSessionCookie('http://localhost:3000');
    expect(cookie.issue('abc')).toBe('undercroft=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=34560000');
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
