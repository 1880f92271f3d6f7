import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { EnvironmentError, readEnvironment } from './environment';
import { findProjectRoot } from './project-root';

/** It names every variable that the server reads. */
const EXAMPLE = parseEnv(readFileSync(join(findProjectRoot(), '.env.example'), 'utf8'));
const KNOWN = Object.keys(EXAMPLE);

function problemsOf(variables: Record<string, string>): readonly string[] {
  try {
    readEnvironment(variables);
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems.map((it) => it.variable);
    throw error;
  }
  return [];
}

describe('readEnvironment', () => {
  it('A8 needs no variable at all', () => {
    expect(readEnvironment({})).toEqual({
      port: 3000,
      host: '0.0.0.0',
      dataDir: join(findProjectRoot(), '.data'),
      databaseUrl: undefined,
      demo: true,
      demoPassword: undefined,
      secretKey: undefined,
      origin: 'http://localhost:3000',
      smtp: undefined,
      logLevel: 'info',
      trustProxy: 0,
      stripe: undefined,
      oidcProviders: [],
    });
  });

  it('takes an empty variable as not given, whichever it is', () => {
    expect(KNOWN).toHaveLength(15);
    for (const empty of ['', ' ']) {
      const variables = Object.fromEntries(KNOWN.map((name) => [name, empty]));
      expect(readEnvironment(variables)).toEqual(readEnvironment({}));
    }
  });

  it('A8 takes .env.example, copied as it is, as nothing given, at another port too', () => {
    expect(readEnvironment({ ...EXAMPLE, DATA_DIR: '' })).toEqual(readEnvironment({}));
    expect(readEnvironment({ ...EXAMPLE, PORT: '8080' }).origin).toBe('http://localhost:8080');
  });

  it('A8 makes the demo only on request when the database is another', () => {
    const url = 'postgres://u@db/undercroft';
    expect(readEnvironment({ DATABASE_URL: url }).demo).toBe(false);
    expect(readEnvironment({ DATABASE_URL: url, DEMO: '1' }).demo).toBe(true);
    expect(readEnvironment({ DEMO: '0' }).demo).toBe(false);
  });

  it('takes the default origin from the port and an own one without its slash', () => {
    expect(readEnvironment({ PORT: '8080' }).origin).toBe('http://localhost:8080');
    expect(readEnvironment({ ORIGIN: 'https://Parking.example/' }).origin).toBe('https://parking.example');
  });

  it('B4 sends by SMTP_URL, from MAIL_FROM or else from the origin’s host', () => {
    const url = 'smtp://user:secret@mail.example:587';
    const smtp = { SMTP_URL: url, ORIGIN: 'https://parking.example' };
    expect(readEnvironment(smtp).smtp).toEqual({ url, from: 'Undercroft <no-reply@parking.example>' });
    for (const from of ['House <p@example.org>', 'p@example.org'])
      expect(readEnvironment({ ...smtp, MAIL_FROM: from }).smtp).toEqual({ url, from });
  });

  it('B8 takes both of Stripe’s secrets or none', () => {
    const both = { STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_1' };
    expect(readEnvironment(both).stripe).toEqual({ secretKey: 'sk_test_1', webhookSecret: 'whsec_1' });
    expect(problemsOf({ STRIPE_SECRET_KEY: 'sk_test_1' })).toEqual(['STRIPE_WEBHOOK_SECRET']);
    expect(problemsOf({ STRIPE_WEBHOOK_SECRET: 'whsec_1' })).toEqual(['STRIPE_SECRET_KEY']);
  });

  it('reads a secret key as hex and as base64', () => {
    const bytes = new Uint8Array(32).map((_, index) => index * 7);
    const hex = Buffer.from(bytes).toString('hex');
    const base64url = Buffer.from(bytes).toString('base64url');
    expect(readEnvironment({ SECRET_KEY: hex }).secretKey).toEqual(bytes);
    expect(readEnvironment({ SECRET_KEY: base64url }).secretKey).toEqual(bytes);
  });

  it.each([
    ['PORT', 'http'],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['DATABASE_URL', 'mysql://db/x'],
    ['DEMO', 'maybe'],
    ['DEMO_PASSWORD', 'short'],
    ['SECRET_KEY', 'too short'],
    ['ORIGIN', 'parking.example'],
    ['ORIGIN', 'https://parking.example/app'],
    ['ORIGIN', 'ftp://parking.example'],
    ['SMTP_URL', 'mail.example'],
    ['SMTP_URL', 'https://mail.example'],
    ['MAIL_FROM', 'Undercroft'],
    ['MAIL_FROM', 'a@b.example\r\nBcc: c@d.example'],
    ['STRIPE_SECRET_KEY', 'pk_live_1'],
    ['STRIPE_WEBHOOK_SECRET', 'secret'],
    ['LOG_LEVEL', 'loud'],
    ['TRUST_PROXY', 'some'],
  ])('refuses %s=%s', (variable, value) => {
    expect(problemsOf({ [variable]: value })).toEqual([variable]);
  });

  it('names every bad variable at once and no value', () => {
    const bad = { PORT: 'x', SECRET_KEY: 'hunter2', LOG_LEVEL: 'loud' };
    expect(problemsOf(bad)).toEqual(['PORT', 'SECRET_KEY', 'LOG_LEVEL']);
    expect(() => readEnvironment(bad)).toThrow(/PORT: .*\n.*SECRET_KEY: .*\n.*LOG_LEVEL/);
    expect(() => readEnvironment(bad)).not.toThrow(/hunter2/);
  });
});
