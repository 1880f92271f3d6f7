import { webcrypto } from 'node:crypto';
import type { DomainArgs } from '#shared/domain/intent';
import { toBase64url } from '#shared/pass/base64url';
import { beforeFirst, entryBytes, signEntry } from '#shared/journal/entry';
import { compressed, parsePoint } from '#shared/pass/p256';
import { signWith, type Sign } from '#shared/pass/web-crypto';
import { newId } from '../platform/ids';

const { subtle } = webcrypto;

type ScanArgs = DomainArgs['scan.record@2'];

/** A guard's device's journal, which its test may also tear, fork and forge. */
export class TestJournal {
  readonly id = newId();
  seq = 0;
  previous = beforeFirst;

  private constructor(
    readonly publicKey: string,
    private readonly sign: Sign,
    private readonly now: number,
  ) {}

  /** `now`: when its scans are made unless they say otherwise, ms since 1970. */
  static async make(now: number): Promise<TestJournal> {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
    const pair = await subtle.generateKey(algorithm, false, ['sign', 'verify']);
    const point = parsePoint(new Uint8Array(await subtle.exportKey('raw', pair.publicKey)))!;
    return new TestJournal(toBase64url(compressed(point)), signWith(subtle, pair.privateKey), now);
  }

  /** The args of journal.open. */
  get opening() {
    return { journalId: this.id, publicKey: this.publicKey };
  }

  /** The same journal on another device: what a copy of the phone's storage has. */
  copy(): TestJournal {
    return Object.assign(new TestJournal(this.publicKey, this.sign, this.now), {
      id: this.id,
      seq: this.seq,
      previous: this.previous,
    });
  }

  /** The args of the next scan.record; the chain goes on with it. */
  async next(fields: Partial<ScanArgs> = {}): Promise<ScanArgs & { journal: object }> {
    const scan = {
      ...{ scanId: newId(), passId: null, gate: 1, direction: 'entry' as const, scannedAt: this.now },
      ...{ result: 'valid' as const, reason: '', code: 'UC1:X', undoes: null },
      ...fields,
    };
    const place = {
      ...{ journalId: this.id, seq: this.seq + 1, previous: this.previous, deviceTime: scan.scannedAt },
    };
    const { hash, signature } = await signEntry(subtle, this.sign, entryBytes(scan, place));
    this.seq = place.seq;
    this.previous = hash;
    return { ...scan, journal: { ...place, signature } };
  }
}
