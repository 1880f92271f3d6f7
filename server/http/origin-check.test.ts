import { describe, expect, it } from 'vitest';
import { isForeignRequest } from './origin-check';

const host = '192.168.1.5:3000';

describe('isForeignRequest', () => {
  it.each([
    ['the configured origin', { origin: 'https://parking.example', host }, false],
    ['the own host', { origin: 'http://192.168.1.5:3000', host }, false],
    ['the own host on another port', { origin: 'http://192.168.1.5:3001', host }, true],
    ['another site', { origin: 'https://evil.example', host }, true],
    [
      'another site that says same-origin',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin', host },
      true,
    ],
    ['a subdomain', { origin: 'https://a.parking.example', host }, true],
    ['a sandboxed page', { origin: 'null', host }, true],
    ['an extension with the same host', { origin: `chrome-extension://${host}`, host }, true],
    ['no origin and no host', { origin: 'http://x' }, true],
    ['a fetch of the own page', { 'sec-fetch-site': 'same-origin', host }, false],
    ['an address typed in', { 'sec-fetch-site': 'none', host }, false],
    ['a link from elsewhere', { 'sec-fetch-site': 'cross-site', host }, true],
    ['a page of a neighbour', { 'sec-fetch-site': 'same-site', host }, true],
    ['no browser', { host }, false],
  ])('A8 judges %s', (_name, headers, expected) => {
    expect(isForeignRequest(headers, ['https://parking.example'])).toBe(expected);
  });
});
