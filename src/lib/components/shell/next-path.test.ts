import { describe, expect, it } from 'vitest';
import { pathLeadingTo, pathWithoutSite, safeNextPath, signInPath } from './next-path';

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

  it('K6 no address that a server sees has the fragment, which may be a secret', () => {
    expect(signInPath('/unlock/approve#ABCD-EFGH')).toBe('/sign-in?next=%2Funlock%2Fapprove');
    expect(pathLeadingTo('/register', '/join#SECRET')).toBe('/register?next=%2Fjoin');
    expect(pathLeadingTo('/unlock', '/#SECRET')).toBe('/unlock');
  });

  it.each([
    ['/account', '/account'],
    ['/unlock/approve#ABCD-EFGH', '/unlock/approve#ABCD-EFGH'],
    ['/join#SECRET', '/join#SECRET'],
    ['/oidc?result=unknown', '/oidc?result=unknown'],
    ['/settings', '/account'],
    ['/', '/joining'],
    ['/joined', '/joining'],
    ['/reservations/0190', '/joining'],
  ])('B6 without a site, %j leads to %j', (wanted, path) => {
    expect(pathWithoutSite(wanted)).toBe(path);
  });
});
