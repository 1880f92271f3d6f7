import { generateKeyPairSync, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { appleClientAuth } from './apple-secret';

it('K6 proves to Apple who asks by a fresh JWT of the team’s key', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const now = Date.UTC(2026, 10, 22);
  const authenticate = appleClientAuth({ teamId: 'TEAM', keyId: 'KEY', privateKey: pem }, () => now);
  const body = new URLSearchParams();
  authenticate(
    { issuer: 'https://appleid.apple.com' },
    { client_id: 'com.example.house' },
    body,
    new Headers(),
  );
  expect(body.get('client_id')).toBe('com.example.house');
  const [header = '', claims = '', signature = ''] = body.get('client_secret')!.split('.');
  const parse = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown;
  expect(parse(header)).toEqual({ alg: 'ES256', kid: 'KEY' });
  expect(parse(claims)).toEqual({
    iss: 'TEAM',
    iat: now / 1000,
    exp: now / 1000 + 300,
    aud: 'https://appleid.apple.com',
    sub: 'com.example.house',
  });
  const isGood = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  expect(isGood).toBe(true);
});
