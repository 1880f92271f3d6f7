import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { enrolPasskey, signInWithPasskey } from './passkey-ceremonies';
import { passkeyProblemTexts, problemOf } from './passkey-problems';

const place = { isSecureContext: true, location: { hostname: 'parking.example' } };
const bytes = (text: string) => new TextEncoder().encode(text).buffer;
const base64url = (text: string) => Buffer.from(text).toString('base64url');

const create = vi.fn<(options: CredentialCreationOptions) => Promise<unknown>>();
const get = vi.fn<(options: CredentialRequestOptions) => Promise<unknown>>();

beforeEach(() => {
  class PublicKeyCredential {}
  vi.stubGlobal('PublicKeyCredential', PublicKeyCredential);
  vi.stubGlobal('navigator', { credentials: { create, get } });
  vi.stubGlobal('location', place.location);
});
afterEach(() => {
  vi.unstubAllGlobals();
  create.mockReset();
  get.mockReset();
});

const creationOptions = {
  rp: { name: 'Undercroft', id: 'parking.example' },
  user: { id: base64url('user'), name: 'ada@example.test', displayName: 'Ada' },
  challenge: base64url('challenge'),
  pubKeyCredParams: [{ type: 'public-key' as const, alg: -7 }],
};
const enrolCalls = () => ({
  registerOptions: vi.fn(() => Promise.resolve({ challengeId: 'c', options: creationOptions })),
  register: vi.fn((request: { name: string }) => Promise.resolve({ name: request.name })),
});
const signInCalls = () => ({
  signInOptions: vi.fn(() =>
    Promise.resolve({
      challengeId: 'c',
      options: { challenge: base64url('challenge'), rpId: 'parking.example' },
    }),
  ),
  signIn: vi.fn(() => Promise.resolve('session')),
});

describe('enrolPasskey', () => {
  it('K6 hands the new credential to the server', async () => {
    create.mockResolvedValue({
      id: base64url('id'),
      rawId: bytes('id'),
      type: 'public-key',
      getClientExtensionResults: () => ({}),
      response: { clientDataJSON: bytes('client'), attestationObject: bytes('attestation') },
    });
    const calls = enrolCalls();
    await expect(enrolPasskey(calls, 'Phone', place)).resolves.toEqual({
      ok: true,
      value: { name: 'Phone' },
    });
    const { challenge } = create.mock.calls[0]?.[0].publicKey ?? {};
    expect(Buffer.from(challenge as ArrayBuffer).toString()).toBe('challenge');
    expect(calls.register).toHaveBeenCalledExactlyOnceWith({
      challengeId: 'c',
      name: 'Phone',
      response: expect.objectContaining({
        id: base64url('id'),
        response: expect.objectContaining({ attestationObject: base64url('attestation') }),
      }),
    });
  });

  it.each([
    ['NotAllowedError', 'cancelled'],
    ['InvalidStateError', 'already_here'],
    ['SecurityError', 'wrong_address'],
    ['ConstraintError', 'device_cannot'],
  ])('K6 tells what %s means', async (name, problem) => {
    create.mockRejectedValue(new DOMException('no', name));
    const calls = enrolCalls();
    await expect(enrolPasskey(calls, 'Phone', place)).resolves.toEqual({ ok: false, problem });
    expect(calls.register).not.toHaveBeenCalled();
  });

  it('throws on what the server refuses, and what is a bug', async () => {
    const refusal = new Error('signed_out');
    const calls = { ...enrolCalls(), registerOptions: () => Promise.reject(refusal) };
    await expect(enrolPasskey(calls, 'Phone', place)).rejects.toBe(refusal);
    create.mockRejectedValue(new RangeError('bug'));
    await expect(enrolPasskey(enrolCalls(), 'Phone', place)).rejects.toThrow('bug');
  });
});

describe('signInWithPasskey', () => {
  it('K6 signs in without a user name', async () => {
    get.mockResolvedValue({
      id: base64url('id'),
      rawId: bytes('id'),
      type: 'public-key',
      getClientExtensionResults: () => ({}),
      response: {
        clientDataJSON: bytes('client'),
        authenticatorData: bytes('data'),
        signature: bytes('signature'),
        userHandle: bytes('user'),
      },
    });
    const calls = signInCalls();
    await expect(signInWithPasskey(calls, place)).resolves.toEqual({ ok: true, value: 'session' });
    expect(get.mock.calls[0]?.[0].publicKey?.allowCredentials).toBeUndefined();
    expect(calls.signIn).toHaveBeenCalledExactlyOnceWith({
      challengeId: 'c',
      response: expect.objectContaining({
        response: expect.objectContaining({ userHandle: base64url('user') }),
      }),
    });
  });

  it.each([
    ['not_secure', { ...place, isSecureContext: false }],
    ['address_without_name', { ...place, location: { hostname: '192.168.1.20' } }],
    ['address_without_name', { ...place, location: { hostname: '[fe80::1]' } }],
  ])('K6 says %s before it asks anybody', async (problem, where) => {
    const calls = signInCalls();
    await expect(signInWithPasskey(calls, where)).resolves.toEqual({ ok: false, problem });
    expect(calls.signInOptions).not.toHaveBeenCalled();
  });

  it('K6 says when the browser has no passkeys', async () => {
    vi.stubGlobal('PublicKeyCredential', undefined);
    await expect(signInWithPasskey(signInCalls(), place)).resolves.toEqual({
      ok: false,
      problem: 'not_supported',
    });
  });
});

describe('problemOf', () => {
  it('has words for each problem and none for a bug', () => {
    expect(problemOf(new TypeError('bug'))).toBeUndefined();
    expect(problemOf('constructor')).toBeUndefined();
    for (const { sentence, next } of Object.values(passkeyProblemTexts)) {
      expect(sentence).toMatch(/\.$/);
      expect(next).toMatch(/\.$/);
    }
  });
});
