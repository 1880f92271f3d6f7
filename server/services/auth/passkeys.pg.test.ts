import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createPasskeys } from './passkeys';
import type { Misbehaviour } from './testing-authenticator';
import { createTestAuthenticator } from './testing-authenticator';
import { addUser } from './testing-people';

const ORIGIN = 'https://parking.example';
const START = Date.UTC(2026, 10, 21);
const REFUSED = { ok: false, code: 'passkey_refused' };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

async function setUp() {
  const clock = createSettableClock(START);
  const passkeys = createPasskeys({ pool: database.pool, clock, newId, origin: ORIGIN });
  const user = { id: await addUser(database.pool), email: 'ada@example.test', name: 'Ada' };
  const enrol = async (name = 'Phone', misbehaviour: Misbehaviour = {}) => {
    const authenticator = createTestAuthenticator(ORIGIN);
    const { challengeId, options } = await passkeys.registerOptions(user);
    const response = authenticator.create(options, misbehaviour);
    const request = { userId: user.id, challengeId, response, name };
    return { authenticator, options, request, result: await passkeys.register(request) };
  };
  const signIn = async (
    authenticator: ReturnType<typeof createTestAuthenticator>,
    misbehaviour?: Misbehaviour,
  ) => {
    const { challengeId, options } = await passkeys.signInOptions();
    return await passkeys.signIn({ challengeId, response: authenticator.get(options, misbehaviour) });
  };
  return { clock, passkeys, user, enrol, signIn };
}

describe('passkey enrolment', () => {
  it('K6 asks for a discoverable credential with user verification, and not twice for the same', async () => {
    const { enrol } = await setUp();
    const first = await enrol();
    const second = await enrol();
    expect(first.options.rp).toEqual({ name: 'Undercroft', id: 'parking.example' });
    expect(first.options.authenticatorSelection).toMatchObject({
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'required',
    });
    expect(first.options.attestation).toBe('none');
    expect(second.options.excludeCredentials).toMatchObject([{ id: first.authenticator.credentialId }]);
  });

  it('B1 keeps several per user', async () => {
    const { enrol, passkeys, user, clock } = await setUp();
    const phone = await enrol(' Phone ');
    clock.advance(1);
    const key = await enrol('Key');
    expect(phone.result).toMatchObject({ ok: true, value: { name: 'Phone' } });
    await expect(passkeys.list(user.id)).resolves.toEqual([
      { credentialId: phone.authenticator.credentialId, name: 'Phone', createdAt: START, lastUsedAt: null },
      { credentialId: key.authenticator.credentialId, name: 'Key', createdAt: START + 1, lastUsedAt: null },
    ]);
  });

  it.each<[string, Misbehaviour]>([
    ['from another origin', { origin: 'https://evil.example' }],
    ['for another relying party', { rpId: 'evil.example' }],
    ['without user verification', { userVerified: false }],
  ])('K6 refuses a passkey %s', async (_what, misbehaviour) => {
    const { enrol, passkeys, user } = await setUp();
    expect((await enrol('Phone', misbehaviour)).result).toEqual(REFUSED);
    await expect(passkeys.list(user.id)).resolves.toEqual([]);
  });

  it('K6 takes a challenge once, from the one it was made for', async () => {
    const { enrol, passkeys, user } = await setUp();
    const { request } = await enrol();
    await expect(passkeys.register(request)).resolves.toEqual(REFUSED);
    const { challengeId, options } = await passkeys.registerOptions(user);
    const response = createTestAuthenticator(ORIGIN).create(options);
    const stranger = await addUser(database.pool);
    await expect(passkeys.register({ userId: stranger, challengeId, response, name: 'x' })).resolves.toEqual(
      REFUSED,
    );
    const own = { userId: user.id, challengeId, response, name: 'x' };
    await expect(passkeys.register(own)).resolves.toMatchObject({ ok: true });
  });

  it('K6 refuses a credential that is registered already, also to somebody else', async () => {
    const { enrol } = await setUp();
    const other = await setUp();
    const { authenticator } = await enrol();
    const { challengeId, options } = await other.passkeys.registerOptions(other.user);
    const response = authenticator.create(options);
    const request = { userId: other.user.id, challengeId, response, name: 'x' };
    await expect(other.passkeys.register(request)).resolves.toEqual(REFUSED);
  });
});

describe('passkey sign-in', () => {
  it('K6 finds the user without a user name, and notes the use', async () => {
    const { enrol, signIn, passkeys, user, clock } = await setUp();
    const { authenticator } = await enrol();
    clock.advance(1000);
    const { options } = await passkeys.signInOptions();
    expect(options).toMatchObject({ rpId: 'parking.example', userVerification: 'required' });
    expect(options.allowCredentials ?? []).toEqual([]);
    await expect(signIn(authenticator)).resolves.toEqual({ ok: true, value: { userId: user.id } });
    await expect(passkeys.list(user.id)).resolves.toMatchObject([{ lastUsedAt: START + 1000 }]);
  });

  it.each<[string, Misbehaviour]>([
    ['from another origin', { origin: 'https://evil.example' }],
    ['for another relying party', { rpId: 'evil.example' }],
    ['without user verification', { userVerified: false }],
    ['with another user’s handle', { userHandle: Buffer.alloc(16).toString('base64url') }],
  ])('K6 refuses an answer %s', async (_what, misbehaviour) => {
    const { enrol, signIn } = await setUp();
    const { authenticator } = await enrol();
    await expect(signIn(authenticator, misbehaviour)).resolves.toEqual(REFUSED);
    await expect(signIn(authenticator)).resolves.toMatchObject({ ok: true });
  });

  it('K6 refuses a counter that went back or stood still', async () => {
    const { enrol, signIn } = await setUp();
    const { authenticator } = await enrol();
    await expect(signIn(authenticator, { counter: 10 })).resolves.toMatchObject({ ok: true });
    await expect(signIn(authenticator, { counter: 9 })).resolves.toEqual(REFUSED);
    await expect(signIn(authenticator, { counter: 10 })).resolves.toEqual(REFUSED);
    await expect(signIn(authenticator, { counter: 11 })).resolves.toMatchObject({ ok: true });
  });

  it('K6 lets one of two clones in that answer with the same counter at once', async () => {
    const { enrol, signIn } = await setUp();
    const { authenticator } = await enrol();
    const both = await Promise.all([1, 2].map(() => signIn(authenticator, { counter: 7 })));
    expect(both.filter((result) => result.ok)).toHaveLength(1);
  });

  it('K6 takes an authenticator that does not count', async () => {
    const { enrol, signIn } = await setUp();
    const { authenticator } = await enrol();
    await expect(signIn(authenticator, { counter: 0 })).resolves.toMatchObject({ ok: true });
    await expect(signIn(authenticator, { counter: 0 })).resolves.toMatchObject({ ok: true });
  });

  it('K6 takes a challenge once, within five minutes, and for its purpose', async () => {
    const { enrol, passkeys, clock } = await setUp();
    const { authenticator, request } = await enrol();
    const first = await passkeys.signInOptions();
    const used = { challengeId: first.challengeId, response: authenticator.get(first.options) };
    await expect(passkeys.signIn(used)).resolves.toMatchObject({ ok: true });
    const again = { challengeId: first.challengeId, response: authenticator.get(first.options) };
    await expect(passkeys.signIn(again)).resolves.toEqual(REFUSED);
    await expect(passkeys.signIn({ ...again, challengeId: request.challengeId })).resolves.toEqual(REFUSED);
    const late = await passkeys.signInOptions();
    clock.advance(300_000);
    const tooLate = { challengeId: late.challengeId, response: authenticator.get(late.options) };
    await expect(passkeys.signIn(tooLate)).resolves.toEqual(REFUSED);
  });

  it('K6 refuses an unknown passkey and a signature of another', async () => {
    const { enrol, passkeys, signIn } = await setUp();
    const { authenticator } = await enrol();
    const stranger = createTestAuthenticator(ORIGIN);
    await expect(signIn(stranger)).resolves.toEqual(REFUSED);
    const { challengeId, options } = await passkeys.signInOptions();
    const [own, forged] = [authenticator.get(options), stranger.get(options)];
    const response = { ...own, response: { ...own.response, signature: forged.response.signature } };
    await expect(passkeys.signIn({ challengeId, response })).resolves.toEqual(REFUSED);
  });

  it('removes challenges that nobody answered', async () => {
    const { passkeys, clock } = await setUp();
    await passkeys.signInOptions();
    clock.advance(300_000);
    await passkeys.signInOptions();
    const { rows } = await database.pool.query('select from passkey_challenges where expires_at <= $1', [
      new Date(clock.now()),
    ]);
    expect(rows).toEqual([]);
  });
});

describe('proving once more who one is', () => {
  async function ask({ passkeys, user }: Awaited<ReturnType<typeof setUp>>) {
    const asked = await passkeys.verifyOptions(user.id);
    if (!asked) throw new Error('there is a passkey');
    return asked;
  }

  it('K6 asks for the user’s own passkeys, verified, and says when there are none', async () => {
    const person = await setUp();
    await expect(person.passkeys.verifyOptions(person.user.id)).resolves.toBeNull();
    const [one, two] = [await person.enrol(), await person.enrol()];
    const { options } = await ask(person);
    expect(options.userVerification).toBe('required');
    expect(options.allowCredentials?.map(({ id }) => id).toSorted()).toEqual(
      [one.authenticator.credentialId, two.authenticator.credentialId].toSorted(),
    );
  });

  it.each<[string, Misbehaviour]>([
    ['which names its user', {}],
    ['which leaves the user out', { userHandle: '' }],
  ])('K6 takes an answer %s, once', async (_what, behaviour) => {
    const person = await setUp();
    const { passkeys, user } = person;
    const { authenticator } = await person.enrol();
    const { challengeId, options } = await ask(person);
    const answer = { userId: user.id, challengeId, response: authenticator.get(options, behaviour) };
    await expect(passkeys.verify(answer)).resolves.toEqual({ ok: true, value: null });
    await expect(passkeys.verify(answer)).resolves.toEqual(REFUSED);
    await expect(
      passkeys.verify({ ...answer, response: authenticator.get(options, behaviour) }),
    ).resolves.toEqual(REFUSED);
  });

  it.each<[string, Misbehaviour]>([
    ['from another origin', { origin: 'https://evil.example' }],
    ['for another relying party', { rpId: 'evil.example' }],
    ['without user verification', { userVerified: false }],
    ['of a cloned authenticator', { counter: 0 }],
    ['that names another user', { userHandle: Buffer.alloc(16).toString('base64url') }],
  ])('K6 refuses an answer %s', async (_what, misbehaviour) => {
    const person = await setUp();
    const { authenticator } = await person.enrol();
    await person.signIn(authenticator);
    const { challengeId, options } = await ask(person);
    const response = authenticator.get(options, misbehaviour);
    await expect(person.passkeys.verify({ userId: person.user.id, challengeId, response })).resolves.toEqual(
      REFUSED,
    );
  });

  it('K6 refuses another user’s passkey, to either challenge', async () => {
    const [person, other] = [await setUp(), await setUp()];
    await person.enrol();
    const { authenticator } = await other.enrol();
    const own = await ask(person);
    const response = authenticator.get(own.options);
    const { passkeys, user } = person;
    await expect(
      passkeys.verify({ userId: user.id, challengeId: own.challengeId, response }),
    ).resolves.toEqual(REFUSED);
    const theirs = await ask(other);
    const answer = { challengeId: theirs.challengeId, response: authenticator.get(theirs.options) };
    await expect(passkeys.verify({ userId: user.id, ...answer })).resolves.toEqual(REFUSED);
  });

  it('K6 a challenge to sign in proves nothing here, nor one of this kind there, nor after five minutes', async () => {
    const person = await setUp();
    const { passkeys, user, clock } = person;
    const { authenticator } = await person.enrol();
    const signIn = await passkeys.signInOptions();
    const toSignIn = { challengeId: signIn.challengeId, response: authenticator.get(signIn.options) };
    await expect(passkeys.verify({ userId: user.id, ...toSignIn })).resolves.toEqual(REFUSED);
    const verify = await ask(person);
    const toVerify = { challengeId: verify.challengeId, response: authenticator.get(verify.options) };
    await expect(passkeys.signIn(toVerify)).resolves.toEqual(REFUSED);
    const late = await ask(person);
    clock.advance(300_000);
    const tooLate = { challengeId: late.challengeId, response: authenticator.get(late.options) };
    await expect(passkeys.verify({ userId: user.id, ...tooLate })).resolves.toEqual(REFUSED);
  });
});

describe('passkey management', () => {
  it('B1 renames and removes one’s own and nobody else’s', async () => {
    const { enrol, passkeys, user, clock } = await setUp();
    const other = await setUp();
    const { authenticator } = await enrol();
    clock.advance(1);
    await enrol('Second');
    const { credentialId } = authenticator;
    const notFound = { ok: false, code: 'passkey_not_found' };
    await expect(passkeys.rename({ userId: other.user.id, credentialId, name: 'x' })).resolves.toEqual(
      notFound,
    );
    await expect(passkeys.remove({ userId: other.user.id, credentialId })).resolves.toEqual(notFound);
    await expect(passkeys.rename({ userId: user.id, credentialId, name: ' ' })).resolves.toEqual({
      ok: false,
      code: 'name_invalid',
    });
    await expect(
      passkeys.rename({ userId: user.id, credentialId, name: 'Old phone' }),
    ).resolves.toMatchObject({ ok: true });
    await expect(passkeys.list(user.id)).resolves.toMatchObject([{ name: 'Old phone' }, { name: 'Second' }]);
    await expect(passkeys.remove({ userId: user.id, credentialId })).resolves.toMatchObject({ ok: true });
    await expect(passkeys.list(user.id)).resolves.toMatchObject([{ name: 'Second' }]);
  });

  it('B1 keeps the last way in, also from two removals at once', async () => {
    const { enrol, passkeys, user, signIn } = await setUp();
    const both = [await enrol(), await enrol()].map(({ authenticator }) => authenticator.credentialId);
    const results = await Promise.all(
      both.map((credentialId) => passkeys.remove({ userId: user.id, credentialId })),
    );
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(results).toContainEqual({ ok: false, code: 'passkey_last_way_in' });
    const { authenticator } = await enrol();
    await expect(signIn(authenticator)).resolves.toMatchObject({ ok: true });
  });

  it('B1 removes the last passkey of somebody who has a password', async () => {
    const { enrol, passkeys, user, signIn } = await setUp();
    await database.pool.query(`insert into passwords (user_id, hash) values ($1, 'x')`, [user.id]);
    const { authenticator } = await enrol();
    const request = { userId: user.id, credentialId: authenticator.credentialId };
    await expect(passkeys.remove(request)).resolves.toMatchObject({ ok: true });
    await expect(signIn(authenticator)).resolves.toEqual(REFUSED);
  });
});
