import { randomFillSync } from 'node:crypto';
import type { Pass } from '#shared/domain/entities';
import type { Bytes } from '#shared/pass/bytes';
import { issuePass } from '#shared/pass/issue-pass';
import { parsePoint, uncompressed } from '#shared/pass/p256';
import { typedCode, TYPED_CODE_ALPHABET, TYPED_CODE_LENGTH } from '#shared/pass/typed-code';
import type { SigningKeys } from './signing-keys';
import type { StatusIndexes } from './status-indexes';

/** What the issuer adds to a pass that a rule has made. */
export interface IssuedPass {
  readonly statusIndex: number;
  /** The typed code: 7 random letters and digits, and a check character. */
  readonly code: string;
  /** The COSE_Sign1 of pass-format.md. */
  readonly signed: Uint8Array;
}

export interface PassIssuer {
  /**
   * Signs the passes, in parallel on other threads; the answers are in their order.
   * @throws RangeError for a holder key that is no P-256 point, or a pass beyond the reach of the site's keys
   */
  issue(siteId: string, passes: readonly Pass[]): Promise<IssuedPass[]>;
}

const KNOWN_POINTS = 10_000;

/** Issues passes by the sites' signing keys. `fillRandom` must be cryptographically strong outside tests. */
export function createPassIssuer(options: {
  signingKeys: Pick<SigningKeys, 'keyFor'>;
  statusIndexes: StatusIndexes;
  fillRandom?: (bytes: Uint8Array) => void;
}): PassIssuer {
  const fillRandom = options.fillRandom ?? ((bytes: Uint8Array) => void randomFillSync(bytes));
  const holderPoint = rememberPoints();

  async function issueOne(siteId: string, pass: Pass, statusIndex: number): Promise<IssuedPass> {
    const key = await options.signingKeys.keyFor(siteId, pass.notBefore);
    const signed = await issuePass({
      claims: {
        passId: pass.id,
        nbf: pass.notBefore / 1000,
        exp: pass.expiresAt / 1000,
        holderKey: pass.holderKey === null ? null : holderPoint(pass.holderKey),
        status: statusIndex,
        slot: pass.slotLabel,
        plate: pass.plate,
        kind: pass.kind,
        gates: 0,
      },
      keyId: key.keyId,
      sign: key.sign,
    });
    return { statusIndex, code: randomCode(fillRandom), signed };
  }

  return {
    async issue(siteId, passes) {
      if (passes.length === 0) return [];
      const indexes = await options.statusIndexes.take(siteId, passes.length);
      return Promise.all(passes.map((pass, position) => issueOne(siteId, pass, indexes[position]!)));
    },
  };
}

/** Finding y of a compressed point costs as much as dozens of signatures, and a device's key comes again and again. */
function rememberPoints(): (holderKey: string) => Bytes {
  const points = new Map<string, Bytes>();
  return (holderKey) => {
    const known = points.get(holderKey);
    if (known) return known;
    const point = parsePoint(Buffer.from(holderKey, 'base64url'));
    if (!point) throw new RangeError('the holder key is not a P-256 point');
    if (points.size >= KNOWN_POINTS) points.clear();
    const bytes = uncompressed(point);
    points.set(holderKey, bytes);
    return bytes;
  };
}

function randomCode(fillRandom: (bytes: Uint8Array) => void): string {
  // Bytes from the last, incomplete round of the alphabet would make its first letters more likely: they are drawn again.
  const limit = 256 - (256 % TYPED_CODE_ALPHABET.length);
  const length = TYPED_CODE_LENGTH - 1;
  const bytes = new Uint8Array(2 * length);
  let random = '';
  while (random.length < length) {
    fillRandom(bytes);
    for (const byte of bytes) {
      if (byte < limit && random.length < length)
        random += TYPED_CODE_ALPHABET[byte % TYPED_CODE_ALPHABET.length];
    }
  }
  return typedCode(random);
}
