import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';

/** What a test may have the authenticator, or the browser before it, do otherwise than it should. */
export interface Misbehaviour {
  origin?: string;
  rpId?: string;
  userVerified?: boolean;
  counter?: number;
  userHandle?: string;
}

/** An authenticator with one discoverable ES256 credential, and the browser before it, for tests. */
export interface TestAuthenticator {
  readonly credentialId: string;
  /** `navigator.credentials.create`. */
  create(
    options: PublicKeyCredentialCreationOptionsJSON,
    misbehaviour?: Misbehaviour,
  ): RegistrationResponseJSON;
  /** `navigator.credentials.get`; counts up at each call. */
  get(
    options: PublicKeyCredentialRequestOptionsJSON,
    misbehaviour?: Misbehaviour,
  ): AuthenticationResponseJSON;
}

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const ATTESTED_CREDENTIAL = 0x40;

export function createTestAuthenticator(origin: string): TestAuthenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(16);
  const credentialId = id.toString('base64url');
  let counter = 0;
  let userHandle = '';

  const clientData = (type: string, challenge: string, wrong: Misbehaviour): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin: wrong.origin ?? origin, crossOrigin: false }));

  const authenticatorData = (flags: number, wrong: Misbehaviour, attested = Buffer.alloc(0)): Buffer => {
    const head = Buffer.alloc(5);
    head[0] = flags | USER_PRESENT | (wrong.userVerified === false ? 0 : USER_VERIFIED);
    head.writeUInt32BE(wrong.counter ?? counter, 1);
    return Buffer.concat([sha256(wrong.rpId ?? new URL(origin).hostname), head, attested]);
  };

  return {
    credentialId,
    create(options, wrong = {}) {
      userHandle = options.user.id;
      const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
      const idLength = Buffer.from([0, id.length]);
      const attested = Buffer.concat([Buffer.alloc(16), idLength, id, coseKey(x, y)]);
      return {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientData('webauthn.create', options.challenge, wrong).toString('base64url'),
          attestationObject: attestationObject(
            authenticatorData(ATTESTED_CREDENTIAL, wrong, attested),
          ).toString('base64url'),
          transports: ['internal'],
        },
      };
    },
    get(options, wrong = {}) {
      counter += 1;
      const client = clientData('webauthn.get', options.challenge, wrong);
      const data = authenticatorData(0, wrong);
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey);
      return {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
          userHandle: wrong.userHandle ?? userHandle,
        },
      };
    },
  };
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

/** COSE_Key of an ES256 public key: {1: 2, 3: -7, -1: 1, -2: x, -3: y}. */
function coseKey(x: string, y: string): Buffer {
  const head = Buffer.from('a501020326200121', 'hex');
  const bytes32 = Buffer.from('5820', 'hex');
  const [xBytes, yBytes] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  return Buffer.concat([head, bytes32, xBytes, Buffer.from('22', 'hex'), bytes32, yBytes]);
}

/** CBOR of {"fmt": "none", "attStmt": {}, "authData": data}; `data` has less than 256 bytes. */
function attestationObject(data: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from('a363666d74646e6f6e656761747453746d74a0686175746844617461', 'hex'),
    Buffer.from([0x58, data.length]),
    data,
  ]);
}
