import { webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeCbor } from '../pass/cbor';
import { parsePoint } from '../pass/p256';
import { importVerifyKey, signWith } from '../pass/web-crypto';
import { beforeFirst, entryBytes, hashEntry, signEntry, verifyEntry } from './entry';
import type { EntryPlace, EntryScan } from './entry';

const { subtle } = webcrypto;
const id = (n: number) => `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const scan: EntryScan = {
  scanId: id(1),
  passId: id(2),
  gate: 3,
  direction: 'entry',
  scannedAt: Date.UTC(2026, 2, 2, 10),
  result: 'valid',
  reason: '',
  code: 'UC1:ABC',
  undoes: null,
};
const place: EntryPlace = {
  journalId: id(9),
  seq: 1,
  previous: beforeFirst,
  deviceTime: Date.UTC(2026, 2, 2, 10) - 5,
};

async function makeKey() {
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const point = parsePoint(new Uint8Array(await subtle.exportKey('raw', pair.publicKey)))!;
  return { sign: signWith(subtle, pair.privateKey), verifyKey: await importVerifyKey(subtle, point) };
}

/** The same scan or place with one thing changed. */
const changes: [string, Partial<EntryScan>, Partial<EntryPlace>][] = [
  ['scan', { scanId: id(7) }, {}],
  ['pass', { passId: null }, {}],
  ['gate', { gate: 4 }, {}],
  ['direction', { direction: 'exit' }, {}],
  ['time', { scannedAt: scan.scannedAt + 1 }, {}],
  ['result', { result: 'override' }, {}],
  ['reason', { reason: 'knows him' }, {}],
  ['code', { code: 'UC1:ABD' }, {}],
  ['undone scan', { undoes: id(1) }, {}],
  ['journal', {}, { journalId: id(8) }],
  ['place', {}, { seq: 2 }],
  ['entry before', {}, { previous: `B${beforeFirst.slice(1)}` }],
  ['clock', {}, { deviceTime: place.deviceTime + 1 }],
];

describe('journal entry', () => {
  it('X8 is the CBOR that the contract says', () => {
    expect(decodeCbor(entryBytes(scan, place))).toEqual([
      'UC1-scan',
      fromHex(place.journalId),
      1,
      new Uint8Array(32),
      fromHex(scan.scanId),
      fromHex(id(2)),
      3,
      0,
      scan.scannedAt,
      place.deviceTime,
      'valid',
      '',
      'UC1:ABC',
      null,
    ]);
  });

  it('X8 has a hash that never changes from build to build', async () => {
    expect(await hashEntry(subtle, entryBytes(scan, place))).toBe(
      'X6wSVF4yQ7LGJLWx325YKmr9dwDS7_Zmgi-BQDKnCOw',
    );
  });

  it.each(changes)('X8 another %s breaks signature and hash', async (_what, scanFields, placeFields) => {
    const { sign, verifyKey } = await makeKey();
    const made = await signEntry(subtle, sign, entryBytes(scan, place));
    const other = entryBytes({ ...scan, ...scanFields }, { ...place, ...placeFields });
    const { signature } = made;
    expect(await verifyEntry(subtle, verifyKey, { bytes: entryBytes(scan, place), signature })).toBe(true);
    expect(await verifyEntry(subtle, verifyKey, { bytes: other, signature })).toBe(false);
    expect(await hashEntry(subtle, other)).not.toBe(made.hash);
  });

  it('X8 refuses another key’s signature and what is none', async () => {
    const [one, other] = [await makeKey(), await makeKey()];
    const bytes = entryBytes(scan, place);
    const { signature } = await signEntry(subtle, one.sign, bytes);
    expect(await verifyEntry(subtle, other.verifyKey, { bytes, signature })).toBe(false);
    for (const text of ['', 'A'.repeat(86), signature.slice(1), `${signature}A`, 'ä'.repeat(86)])
      expect(await verifyEntry(subtle, one.verifyKey, { bytes, signature: text })).toBe(false);
  });

  it('X8 takes a text that was cut within a character, as the server stores it', () => {
    const cut = entryBytes({ ...scan, reason: 'ok \ud83d' }, place);
    expect(cut).toEqual(entryBytes({ ...scan, reason: 'ok \ufffd' }, place));
  });
});

function fromHex(uuid: string): Uint8Array {
  return new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}
