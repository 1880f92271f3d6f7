import { expect, it } from 'vitest';
import { readScannedText, scannedWords } from './scanned-link';

const ORIGIN = 'https://parking.example';

it('B2 reads the code of this app’s own page', () => {
  const scanned = readScannedText(`${ORIGIN}/unlock/approve#K7QM4XRT`, ORIGIN);
  expect(scanned).toEqual({ kind: 'code', code: 'K7QM4XRT' });
  expect(scannedWords(scanned)).toBeNull();
});

it('B2 attack phishing: a code of another address is named and not followed', () => {
  const scanned = readScannedText('https://parking-example.test/unlock/approve#K7QM4XRT', ORIGIN);
  expect(scanned).toEqual({ kind: 'elsewhere', host: 'parking-example.test' });
  expect(scannedWords(scanned)).toContain('parking-example.test');
});

it.each([
  'UC1:ABC',
  'https://parking.example/',
  'https://parking.example/v#K7QM4XRT',
  `${ORIGIN}/unlock/approve#request=0199a4e0-0000-7000-8000-000000000001`,
  'javascript:alert(1)',
])('B2 says that %j is no such code', (text) =>
  expect(readScannedText(text, ORIGIN)).toEqual({ kind: 'other' }),
);
