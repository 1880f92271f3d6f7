import { describe, expect, it } from 'vitest';
import { safeNextPath, signInPath } from './next-path';

const origin = 'https://undercroft.test';

describe('A6 after signing in', () => {
  it.each([
    ['/find', '/find'],
    ['/reservations/0190?from=mail#pass', '/reservations/0190?from=mail#pass'],
    ['/', '/'],
  ])('follows %j inside the app', (wanted, path) => {
    expect(safeNextPath(wanted, origin)).toBe(path);
  });

  it.each([
    null,
    '',
    'find',
    '//evil.test/find',
    '/\\evil.test',
    '/\t/evil.test',
    '/\n//evil.test',
    'https://evil.test/',
    'javascript:alert(1)',
    '/.//evil.test',
    '/sign-in?next=/find',
    '/register',
  ])('does not follow %j', (wanted) => {
    expect(safeNextPath(wanted, origin)).toBe('/');
  });

  it('leads back to the page that was wanted', () => {
    const url = new URL(signInPath('/reservations?id=1&show=pass'), origin);
    expect(safeNextPath(url.searchParams.get('next'), origin)).toBe('/reservations?id=1&show=pass');
    expect(signInPath('/')).toBe('/sign-in');
  });
});
