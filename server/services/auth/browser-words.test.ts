import { expect, it } from 'vitest';
import { browserWords } from './browser-words';

it.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0', 'Firefox on Windows'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
    'Chrome on Linux',
  ],
  ['', ''],
])('B2 B5 says of %j: %j', (userAgent, words) => expect(browserWords(userAgent)).toBe(words));

it.each([
  'Your own laptop, approve now/1.0 ',
  'Undercroft Support/1 (Windows NT 10.0)',
  '<b>you</b>/2.0 x',
  'a'.repeat(5000),
])('B2 attack phishing: a made-up user agent puts no words of its own before a person: %j', (userAgent) =>
  expect(browserWords(userAgent)).toMatch(/^(Windows)?$/),
);
