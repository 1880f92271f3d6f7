import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { issueTestPass, makeTestSigner, testClaims } from '#shared/pass/testing';
import { showLivePass } from '#shared/pass/show-pass';
import { qrOf, qrOfLink, qrPath, QUIET_ZONE, type QrSquares } from './qr';

const vectors = new URL('../../../shared/pass/pass-vectors.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as { cases: { name: string; qr: string }[] };
const live = cases.find((candidate) => candidate.name === 'live pass')!.qr;

beforeAll(async () => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
  await prepareZXingModule({ overrides: { wasmBinary: wasm.buffer as ArrayBuffer }, fireImmediately: true });
});

/** What a camera would see: four pixels a module, the quiet zone around, in RGBA. */
function picture({ size, isDark }: QrSquares): ImageData {
  const scale = 4;
  const side = (size + 2 * QUIET_ZONE) * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const row = Math.floor(y / scale) - QUIET_ZONE;
      const column = Math.floor(x / scale) - QUIET_ZONE;
      const inside = row >= 0 && column >= 0 && row < size && column < size;
      if (inside && isDark[row * size + column]) data.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  return { data, width: side, height: side, colorSpace: 'srgb' } as ImageData;
}

test('K7 the guard’s decoder reads the very text of a live pass', async () => {
  const read = await readBarcodes(picture(qrOf(live)), { formats: ['QRCode'] });
  expect(read.map((barcode) => barcode.text)).toEqual([live]);
});

test('D3 a live pass needs no more than version 10 at level L', () => {
  // pass-format.md: 258 bytes, version 10-L, so 57 modules a side.
  expect(qrOf(live).size).toBeLessThanOrEqual(57);
});

test.each([
  ['D3 a live pass', null],
  ['X1 the answer to a guard', new Uint8Array(8).fill(255)],
])('%s fits version 12 with the longest slot label, plate and numbers', async (_what, nonce) => {
  const holder = await makeTestSigner(crypto.subtle);
  const claims = testClaims(holder, {
    // As long as the database takes them, a plate in Cyrillic letters; status lists of a million passes, every gate.
    ...{ slot: 'Tiefgarage Nord 0123', plate: 'А123ВС 777 АВЕКМ', status: 1_000_000, gates: 0x7fff_ffff },
  });
  const pass = await issueTestPass(await makeTestSigner(crypto.subtle), claims);
  const at = { t: 4_000_000_000, ctr: 4_000_000_000 };
  const text = await showLivePass({ subtle: crypto.subtle, pass, ...at, nonce, sign: holder.sign });
  // Version 12 has 65 modules a side (ISO/IEC 18004).
  expect(qrOf(text).size).toBeLessThanOrEqual(65);
});

test('text that alphanumeric mode cannot carry is refused', () => {
  expect(() => qrOf('UC1:abc')).toThrow(RangeError);
});

test('the path covers exactly the dark squares', () => {
  const squares = qrOf('UC1:AB');
  let covered = 0;
  for (const [, x, y, width] of qrPath(squares).matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let step = 0; step < Number(width); step++) {
      const column = Number(x) - QUIET_ZONE + step;
      expect(squares.isDark[(Number(y) - QUIET_ZONE) * squares.size + column]).toBe(true);
      covered++;
    }
  }
  expect(covered).toBe(squares.isDark.filter(Boolean).length);
});

test('B2 a camera reads the very link of a browser that asks to be let in', async () => {
  const link = 'https://parking.example/unlock/approve#K7QM4XRT';
  const squares = qrOfLink(link);
  expect(squares.size).toBeLessThanOrEqual(33);
  const read = await readBarcodes(picture(squares), { formats: ['QRCode'] });
  expect(read.map((barcode) => barcode.text)).toEqual([link]);
});
