/** The public key of a passkey as WebCrypto imports it; what the server's `auth.passkeyKeys` gives. */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string };

/** One of the person's own passkeys, as far as this device needs it to check an answer by itself. */
export interface LockKey {
  readonly credentialId: string;
  readonly transports: readonly string[];
  readonly publicKey: PublicJwk;
}

/** Minutes away after which opening the app asks; 0 is at once, null never. */
export const openingDelays = [0, 1, 5, 15] as const;
export type OpeningDelay = (typeof openingDelays)[number] | null;

/** When the app's lock asks. */
export interface LockSettings {
  readonly opening: OpeningDelay;
  /** Whether a pass is shown only after a check since the app came to the front. */
  readonly passes: boolean;
}

/** What this device keeps of its lock. */
export interface KeptLock extends LockSettings {
  /** Whose lock it is: nobody else's sign-in meets it, and nobody else's opens it. */
  readonly userId: string;
  /** The passkey that answered when the lock was set up: it is known to be on this device. */
  readonly key: LockKey;
}

const MINUTE = 60_000;
/** While the phone itself asks for a face or a finger the page may be covered; longer than this nobody takes. */
const CEREMONY_AT_MOST = MINUTE;

/**
 * Whether opening the app asks. `lastUsed` is when somebody last had it before them and `now` is the present, both by the
 * device's clock, epoch ms; without a `lastUsed`, or with one to come, nobody knows, so that it asks.
 */
export function locksOnOpening(
  { opening }: LockSettings,
  { lastUsed, now, inCeremony = false }: { lastUsed: number | null; now: number; inCeremony?: boolean },
): boolean {
  if (opening === null) return false;
  // So put that a spoilt note, which is no number, locks too.
  if (lastUsed === null || !(lastUsed <= now)) return true;
  const delay = opening * MINUTE;
  return now - lastUsed >= (inCeremony ? Math.max(delay, CEREMONY_AT_MOST) : delay);
}

/**
 * How long until opening the app would ask, ms; 0 when it would by now, null when it never does. All as `locksOnOpening`.
 */
export function untilLocked(
  settings: LockSettings,
  { lastUsed, now }: { lastUsed: number | null; now: number },
): number | null {
  if (settings.opening === null) return null;
  if (lastUsed === null || locksOnOpening(settings, { lastUsed, now })) return 0;
  return lastUsed + settings.opening * MINUTE - now;
}

/** What a device has kept, or null for what no version of this app has written: then there is no lock. */
export function parseKeptLock(text: string | null): KeptLock | null {
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as Partial<KeptLock> | null;
    const isKnown =
      typeof kept?.key?.credentialId === 'string' &&
      typeof kept.userId === 'string' &&
      typeof kept.key.publicKey === 'object' &&
      typeof kept.passes === 'boolean' &&
      (kept.opening === null || openingDelays.some((delay) => delay === kept.opening));
    return isKnown ? (kept as KeptLock) : null;
  } catch {
    return null;
  }
}
