/**
 * The guard's side of UC1: what was read → what to do. Needs no network and no clock of its own.
 *
 *   const keys = await importKeyBundle(subtle, issuerKeys);                     // once per sync
 *   const statusList = await openStatusList({ subtle, inflate, keys }, bytes);  // once per sync
 *   const verdict = await verifyPass(subtle, qrText, { keys, statusList, site, gate, now, challenge, history });
 *
 * The steps are those of the table in `pass-format.md`, in its order; the first that fails is the verdict. Store the verdict
 * before showing green, and run `refuseUse` again inside the transaction that stores it: two scans may overlap.
 */
import { canonicalId, equalBytes, toHex, type Bytes } from './bytes';
import { keysInForce, verifiedSite, type KeyBundle } from './key-bundle';
import { parsePoint } from './p256';
import { parsePassCode, proofContent, type PassCode } from './pass-code';
import { opensGate, PASS_KIND, type PassKind } from './pass-payload';
import type { PassHistory, PassVerdict, UseRefusal, VerifiedPass } from './pass-verdict';
import { readStatus, type OpenedStatusList, type StatusReading } from './status-list';
import { importVerifyKey, sha256, verifyEs256, type SubtleVerify } from './web-crypto';

const CLOCK_FINE_SECONDS = 60;
const CLOCK_DIFFERS_SECONDS = 180;

/** What the guard's device knows when it reads a code. */
export interface GuardContext {
  keys: KeyBundle;
  statusList: OpenedStatusList;
  /** This site's id. */
  site: string;
  /** This gate's number. */
  gate: number;
  /** The guard's clock, seconds since 1970. */
  now: number;
  /** The nonce of the challenge that this guard has outstanding. */
  challenge: Uint8Array | null;
  /** Asked only for passes that are good so far; the kind tells which entries still count. */
  history: (passId: string, kind: PassKind) => PassHistory | Promise<PassHistory>;
}

/** Decides about `text`. Never throws on account of `text`; rejects only when `history` or the platform's WebCrypto does. */
export async function verifyPass(
  subtle: SubtleVerify,
  text: string,
  context: GuardContext,
): Promise<PassVerdict> {
  const parsed = parsePassCode(text);
  if (!parsed.ok) return { result: 'malformed', detail: parsed.detail };
  const code = parsed.value;
  const { claims, cose } = code;

  const candidates = keysInForce(context.keys, cose.keyId, claims.nbf);
  if (candidates.length === 0) return { result: 'unknown_key', keyId: toHex(cose.keyId) };
  const here = canonicalId(context.site) ?? context.site;
  const site = await verifiedSite(subtle, cose, { candidates, preferredSite: here });
  if (site === null) return { result: 'forged' };

  const pass: VerifiedPass = { claims, site, proof: summary(code) };
  const misplaced = refusePlaceOrTime(pass, { here, gate: context.gate, now: context.now });
  if (misplaced) return { result: misplaced, pass };

  const status = readStatus(context.statusList, { site, index: claims.status, now: context.now });
  if (status.known && (status.state === 'revoked' || status.state === 'suspended')) {
    return { result: status.state, pass, status };
  }
  const refused =
    (await refuseProof(subtle, code, context)) ??
    refuseUse(pass, await context.history(claims.passId, claims.kind));
  if (refused) return { ...refused, pass, status };
  return { result: isCurrent(status) ? 'valid' : 'valid_provisional', pass, status };
}

function summary({ proof }: PassCode): VerifiedPass['proof'] {
  return proof && { t: Number(proof.t), ctr: Number(proof.ctr), answersChallenge: proof.nonce !== null };
}

/** Steps 4 and 5. */
function refusePlaceOrTime(
  { claims, site }: VerifiedPass,
  { here, gate, now }: { here: string; gate: number; now: number },
): 'wrong_site' | 'wrong_entrance' | 'too_early' | 'expired' | null {
  if (site !== here) return 'wrong_site';
  if (!opensGate(claims.gates, gate)) return 'wrong_entrance';
  if (now < claims.nbf) return 'too_early';
  return now < claims.exp ? null : 'expired';
}

type ProofRefusal =
  | { result: 'static_copy' | 'copied' }
  | { result: 'clock_differs' | 'replay_or_clock'; clockDifference: number };

/** Step 7. */
async function refuseProof(
  subtle: SubtleVerify,
  code: PassCode,
  { challenge, now }: { challenge: Uint8Array | null; now: number },
): Promise<ProofRefusal | null> {
  const { holderKey } = code.claims;
  if (!holderKey) return null;
  if (!code.proof) return { result: 'static_copy' };
  const { nonce, t } = code.proof;
  if (nonce && !(challenge && equalBytes(nonce, challenge))) return { result: 'copied' };
  if (!(await proofHolds(subtle, code, holderKey))) return { result: 'copied' };
  return nonce ? null : refuseClock(Number(t) - now);
}

function refuseClock(clockDifference: number): ProofRefusal | null {
  const apart = Math.abs(clockDifference);
  if (apart <= CLOCK_FINE_SECONDS) return null;
  return { result: apart <= CLOCK_DIFFERS_SECONDS ? 'clock_differs' : 'replay_or_clock', clockDifference };
}

async function proofHolds(subtle: SubtleVerify, code: PassCode, holderKey: Bytes): Promise<boolean> {
  const point = parsePoint(holderKey);
  if (!point || !code.proof) return false;
  const key = await importVerifyKey(subtle, point);
  const data = proofContent(await sha256(subtle, code.pass), code.proof);
  return verifyEs256(subtle, key, { signature: code.proof.signature, data });
}

/** Steps 8 and 9: null when the pass may be used. Synchronous, so that it can be run inside a storage transaction. */
export function refuseUse({ claims, proof }: VerifiedPass, history: PassHistory): UseRefusal | null {
  const { highestCtr, uses } = history;
  if (proof && highestCtr !== null && proof.ctr <= highestCtr) {
    return { result: proof.ctr === highestCtr ? 'replay' : 'clone_suspect', highestCtr };
  }
  const allowed = claims.kind === PASS_KIND.visitorDouble ? 2 : 1;
  if (uses.length < allowed) return null;
  const lastUse = uses.reduce((latest, use) => (use.at > latest.at ? use : latest));
  return { result: 'already_used', lastUse, uses };
}

function isCurrent(status: StatusReading): boolean {
  return status.known && status.state === 'valid' && !status.stale;
}
