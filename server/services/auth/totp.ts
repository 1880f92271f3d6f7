import { Secret, TOTP } from 'otpauth';

/*
 * Time-based one-time passwords (RFC 6238) with the parameters that every authenticator app takes: SHA-1, six digits, 30 s.
 * Others are in the standard; Google Authenticator ignores them in silence, so that its codes would never be right.
 */
const PARAMETERS = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
const ISSUER = 'Undercroft';
/** RFC 4226 §4 R6 recommends 160 bits. */
const SECRET_BYTES = 20;
/** Steps before and after the present one that are taken too, for clocks that differ and people who type (RFC 6238 §5.2). */
const WINDOW = 1;

/** A new secret of 160 random bits. */
export function createTotpSecret(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Secret({ size: SECRET_BYTES }).bytes);
}

/** The secret as an app takes it: in base32 to be typed, and as the `otpauth:` address of a QR code. */
export function describeTotpSecret(
  secret: Uint8Array<ArrayBuffer>,
  account: string,
): { base32: string; uri: string } {
  const shared = toSecret(secret);
  const totp = new TOTP({ ...PARAMETERS, issuer: ISSUER, label: account, secret: shared });
  return { base32: shared.base32, uri: totp.toString() };
}

/** The time step of which this is the code; undefined when it is of none near `now` (epoch ms). Compared in constant time. */
export function stepOfCode(
  secret: Uint8Array<ArrayBuffer>,
  { code, now }: { code: string; now: number },
): number | undefined {
  const delta = TOTP.validate({
    ...PARAMETERS,
    token: code,
    secret: toSecret(secret),
    timestamp: now,
    window: WINDOW,
  });
  return delta === null ? undefined : TOTP.counter({ ...PARAMETERS, timestamp: now }) + delta;
}

/** The code that an app shows at `now` (epoch ms); for tests and the demo. */
export function codeAt(secret: Uint8Array<ArrayBuffer>, now: number): string {
  return TOTP.generate({ ...PARAMETERS, secret: toSecret(secret), timestamp: now });
}

function toSecret(bytes: Uint8Array<ArrayBuffer>): Secret {
  return new Secret({ buffer: bytes.slice().buffer });
}
