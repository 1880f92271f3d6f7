import type { Scan } from '../domain/entities';
import { idToBytes, type Bytes } from '../pass/bytes';
import { encodeCbor } from '../pass/cbor';
import { fromBase64url, toBase64url } from '../pass/base64url';
import {
  sha256,
  signature,
  verifyEs256,
  type KeyHandle,
  type Sign,
  type SubtleVerify,
} from '../pass/web-crypto';

/*
 * X8: the scan journal. Each scan of a guard's device is an entry of a chain: it names the hash of the entry before and is
 * signed by a key that cannot leave the device. Whoever has the entries can tell what is missing, what was put in later,
 * and whose device told two stories, in whatever order they arrive.
 *
 * Entry = deterministic CBOR of
 *   ["UC1-scan", journal (16 bytes), seq, previous (32 bytes), scan (16), pass (16 | null), gate, direction (0 entry | 1 exit),
 *    scannedAt ms, deviceTime ms, result, reason, code, undoes (16 | null)]
 * hash = SHA-256(entry); signature = ES256 over entry.
 */

const NAME = 'UC1-scan';
const HASH_BYTES = 32;

/** What an entry says of a scan: the args of its scan.record, without the signature. */
export type EntryScan = Pick<
  Scan,
  'passId' | 'gate' | 'direction' | 'scannedAt' | 'result' | 'reason' | 'code' | 'undoes'
> & { readonly scanId: string };

/** Where an entry stands: `previous` is the hash of the one before as base64url, `beforeFirst` for seq 1. */
export interface EntryPlace {
  readonly journalId: string;
  readonly seq: number;
  readonly previous: string;
  /** The device's own clock, milliseconds since 1970. */
  readonly deviceTime: number;
}

/** The `previous` of a journal's first entry: 32 zero bytes as base64url. */
export const beforeFirst = 'A'.repeat(43);

/** The bytes that are hashed and signed. @throws RangeError for ids that are no UUIDs and a `previous` that is no hash */
export function entryBytes(scan: EntryScan, place: EntryPlace): Bytes {
  return encodeCbor([
    NAME,
    idBytes(place.journalId),
    place.seq,
    hashBytes(place.previous),
    idBytes(scan.scanId),
    scan.passId === null ? null : idBytes(scan.passId),
    scan.gate,
    scan.direction === 'entry' ? 0 : 1,
    scan.scannedAt,
    place.deviceTime,
    scan.result,
    wellFormed(scan.reason),
    wellFormed(scan.code),
    scan.undoes === null ? null : idBytes(scan.undoes),
  ]);
}

/** The hash of these entry bytes, base64url: what the next entry names as its `previous`. */
export async function hashEntry(subtle: Pick<SubtleVerify, 'digest'>, bytes: Bytes): Promise<string> {
  return toBase64url(await sha256(subtle, bytes));
}

/** An entry's hash and signature, base64url. `sign` is ES256 by the journal's key. */
export async function signEntry(
  subtle: Pick<SubtleVerify, 'digest'>,
  sign: Sign,
  bytes: Bytes,
): Promise<{ hash: string; signature: string }> {
  const [hash, signed] = await Promise.all([hashEntry(subtle, bytes), signature(sign, bytes)]);
  return { hash, signature: toBase64url(signed) };
}

/** Whether `signature` (base64url of 64 bytes) is the key's over these entry bytes; false for anything malformed. */
export async function verifyEntry(
  subtle: SubtleVerify,
  key: KeyHandle,
  entry: { readonly bytes: Bytes; readonly signature: string },
): Promise<boolean> {
  const signed = fromBase64url(entry.signature);
  return signed?.length === 64 && verifyEs256(subtle, key, { signature: signed, data: entry.bytes });
}

/** A text that was cut in the middle of a character has no UTF-8 form; the server stores it like this too. */
function wellFormed(text: string): string {
  return text.replaceAll('\0', '\u2400').replaceAll(/\p{Surrogate}/gu, '\ufffd');
}

function idBytes(id: string): Bytes {
  const bytes = idToBytes(id);
  if (!bytes) throw new RangeError(`${id} is not a UUID`);
  return bytes;
}

function hashBytes(text: string): Bytes {
  const bytes = fromBase64url(text);
  if (bytes?.length !== HASH_BYTES) throw new RangeError('a hash has 32 bytes');
  return bytes;
}
