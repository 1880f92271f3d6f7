import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { oidcProvidersSchema } from './oidc-settings';

const read = (value: unknown) => {
  const parsed = oidcProvidersSchema.safeParse(typeof value === 'string' ? value : JSON.stringify(value));
  return parsed.success ? parsed.data : parsed.error.issues[0]?.message;
};
const keycloak = {
  id: 'work',
  name: 'Work',
  issuer: 'https://id.work.example/realms/house',
  clientId: 'undercroft',
  clientSecret: 'secret',
};

describe('OIDC_PROVIDERS', () => {
  it('K6 takes any issuer, and Google by its id', () => {
    expect(read([keycloak, { id: 'google', clientId: 'g', clientSecret: 's' }])).toEqual([
      {
        ...{ id: 'work', name: 'Work', issuer: keycloak.issuer, clientId: 'undercroft' },
        secret: { kind: 'text', text: 'secret' },
        scopes: 'openid email profile',
        responseMode: 'query',
      },
      {
        ...{ id: 'google', name: 'Google', issuer: 'https://accounts.google.com', clientId: 'g' },
        secret: { kind: 'text', text: 's' },
        scopes: 'openid email profile',
        responseMode: 'query',
      },
    ]);
  });

  it('K6 takes Apple with its key, and its answer by POST', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const apple = { id: 'apple', clientId: 'com.example.house', teamId: 'T', keyId: 'K', privateKey: pem };
    expect(read([apple])).toMatchObject([
      {
        secret: { kind: 'apple', teamId: 'T', keyId: 'K' },
        responseMode: 'form_post',
        scopes: 'openid email',
      },
    ]);
    expect(read([{ ...apple, privateKey: 'none' }])).toMatch(/privateKey/);
  });

  it.each([
    ['no JSON', '{'],
    ['no list', { id: 'google' }],
    ['http on another machine', [{ ...keycloak, issuer: 'http://id.work.example' }]],
    ['an id that is no path', [{ ...keycloak, id: '../x' }]],
    ['no issuer', [{ id: 'work', name: 'Work', clientId: 'x' }]],
    ['one id twice', [keycloak, { ...keycloak, issuer: 'https://other.example' }]],
    ['one issuer twice', [keycloak, { ...keycloak, id: 'other' }]],
    ['scopes without openid', [{ ...keycloak, scopes: 'email' }]],
    ['a misspelt key', [{ ...keycloak, client_secret: 'x' }]],
  ])('K6 refuses %s, without repeating a secret', (_what, value) => {
    const message = read(value);
    expect(message).toEqual(expect.any(String));
    expect(message).not.toContain('"secret"');
  });

  it('K6 takes http on this machine, for tests', () => {
    expect(read([{ ...keycloak, issuer: 'http://localhost:8080' }])).toHaveLength(1);
  });
});
