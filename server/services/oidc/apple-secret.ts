import { createPrivateKey, sign } from 'node:crypto';
import type { ClientAuth } from 'openid-client';

/** Seconds. Apple takes up to half a year; one is made for each call, so it needs to live no longer than that call. */
const LIFETIME = 300;
const AUDIENCE = 'https://appleid.apple.com';

/** Client authentication as Apple wants it: `client_secret` is a JWT signed (ES256) with the team's key, at the time `now` (ms). */
export function appleClientAuth(
  key: { teamId: string; keyId: string; privateKey: string },
  now: () => number,
): ClientAuth {
  const privateKey = createPrivateKey(key.privateKey);
  return (_server, client, body) => {
    const issuedAt = Math.floor(now() / 1000);
    const header = { alg: 'ES256', kid: key.keyId };
    const claims = {
      iss: key.teamId,
      iat: issuedAt,
      exp: issuedAt + LIFETIME,
      aud: AUDIENCE,
      sub: client.client_id,
    };
    const text = [header, claims].map((part) => base64url(JSON.stringify(part))).join('.');
    const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    body.set('client_id', client.client_id);
    body.set('client_secret', `${text}.${signature.toString('base64url')}`);
  };
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
