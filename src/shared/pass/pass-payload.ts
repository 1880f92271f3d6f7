import { idFromBytes, idToBytes, type Bytes } from './bytes';
import { decodeCbor, type CborInput, type CborInteger, type CborKey, type CborValue } from './cbor';
import { arrayOf, booleanOf, bytesOf, exactly, mapOf, roundedOf, textOf, unsignedOf } from './cbor-shape';
import { demand } from './malformed';
import { compressed, decompress, parsePoint } from './p256';

/** CWT claim numbers (RFC 8392, RFC 8747) and UC1's private one. */
const CLAIM = { exp: 4, nbf: 5, cti: 7, cnf: 8, details: -65537 } as const;
const CNF_COSE_KEY = 1;
/** COSE_Key (RFC 9052 §7, RFC 9053 §7.1): kty 1 = EC2 (2), crv -1 = P-256 (1), x -2, y -3. */
const COSE_KEY = { type: 1, curve: -1, x: -2, y: -3 } as const;
const EC2 = 2;
const CURVE_P256 = 1;

export const PASS_KIND = { resident: 0, visitorSingle: 1, visitorDouble: 2, staff: 3 } as const;
export type PassKind = (typeof PASS_KIND)[keyof typeof PASS_KIND];

/** What a pass says. */
export interface PassClaims {
  /** `cti`, as a canonical UUID. The one identity of a pass: its bytes have more than one valid form. */
  passId: string;
  /** Seconds since 1970; the pass is good for [nbf, exp). */
  nbf: number;
  exp: number;
  /** The holder's P-256 key, SEC 1 compressed (33 bytes); null on a static pass. */
  holderKey: Bytes | null;
  /** Index in the site's status list. */
  status: number;
  /** Empty when there is none. */
  slot: string;
  plate: string;
  kind: PassKind;
  /** Bit mask of the gates that the pass opens, bit 0 for gate 0; 0 for all. A bigint only above 2^53. */
  gates: CborInteger;
}

/** Reads the payload of a pass. Malformed unless every claim is there, of its type and in its range, and nothing else is. */
export function decodePassClaims(payload: Uint8Array): PassClaims {
  const claims = mapOf(
    decodeCbor(payload),
    { required: [CLAIM.exp, CLAIM.nbf, CLAIM.cti, CLAIM.details], optional: [CLAIM.cnf] },
    'claims',
  );
  const [status, slot, plate, kind, gates] = arrayOf(claims.get(CLAIM.details), 5, 'details');
  return {
    passId: idFromBytes(bytesOf(claims.get(CLAIM.cti), 'cti', 16)),
    nbf: roundedOf(claims.get(CLAIM.nbf), 'nbf'),
    exp: roundedOf(claims.get(CLAIM.exp), 'exp'),
    holderKey: claims.has(CLAIM.cnf) ? holderKeyOf(claims.get(CLAIM.cnf)) : null,
    status: roundedOf(status, 'status'),
    slot: textOf(slot, 'slot'),
    plate: textOf(plate, 'plate'),
    kind: kindOf(kind),
    gates: unsignedOf(gates, 'gates'),
  };
}

function kindOf(value: CborValue | undefined): PassKind {
  demand(value === 0 || value === 1 || value === 2 || value === 3, 'kind is not 0 to 3');
  return value;
}

/**
 * The holder's key out of `cnf`. The format's text and its vectors disagree: the text wraps the key as RFC 8747 does,
 * `{1: key}`; every vector (and the text's own measured 184 and 258 bytes) has the key itself. Both are read, as both stand
 * under the issuer's signature and say the same; the vectors' form is the one written.
 */
function holderKeyOf(cnf: CborValue | undefined): Bytes {
  const wrapped = cnf instanceof Map && cnf.size === 1;
  const item = wrapped ? mapOf(cnf, { required: [CNF_COSE_KEY] }, 'cnf').get(CNF_COSE_KEY) : cnf;
  const required = [COSE_KEY.type, COSE_KEY.curve, COSE_KEY.x, COSE_KEY.y];
  const key = mapOf(item, { required }, 'holder key');
  exactly(key.get(COSE_KEY.type), EC2, 'key type');
  exactly(key.get(COSE_KEY.curve), CURVE_P256, 'curve');
  const x = bytesOf(key.get(COSE_KEY.x), 'x', 32);
  const point = decompress(x, booleanOf(key.get(COSE_KEY.y), 'y'));
  demand(point !== null, 'holder key is not on the curve');
  return compressed(point);
}

/** The claims as the CBOR item to be signed. RangeError for claims that {@link decodePassClaims} would not give back. */
export function passClaimsPayload(claims: PassClaims): CborInput {
  const cti = idToBytes(claims.passId);
  if (!cti) throw new RangeError(`${claims.passId} is not a pass id`);
  for (const value of [claims.nbf, claims.exp, claims.status, claims.gates]) {
    if (value < 0) throw new RangeError('claims are not negative');
  }
  const payload = new Map<CborKey, CborInput>([
    [CLAIM.exp, claims.exp],
    [CLAIM.nbf, claims.nbf],
    [CLAIM.cti, cti],
    [CLAIM.details, [claims.status, claims.slot, claims.plate, claims.kind, claims.gates]],
  ]);
  if (claims.holderKey) payload.set(CLAIM.cnf, confirmation(claims.holderKey));
  return payload;
}

function confirmation(holderKey: Uint8Array): CborInput {
  const point = parsePoint(holderKey);
  if (!point) throw new RangeError('the holder key is not a P-256 point');
  return new Map<CborKey, CborInput>([
    [COSE_KEY.type, EC2],
    [COSE_KEY.curve, CURVE_P256],
    [COSE_KEY.x, point.x],
    [COSE_KEY.y, (point.y[31]! & 1) === 1],
  ]);
}

/** Whether the mask lets the pass in at `gate`. By BigInt: a shift of a number would wrap at 32 gates. */
export function opensGate(gates: CborInteger, gate: number): boolean {
  const mask = BigInt(gates);
  return mask === 0n || ((mask >> BigInt(gate)) & 1n) === 1n;
}
