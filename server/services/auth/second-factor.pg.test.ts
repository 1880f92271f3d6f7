import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createSecondFactor } from './second-factor';
import { STEP_ATTEMPTS, STEP_LIFETIME } from './sign-in-step-store';
import { codeAt, stepOfCode } from './totp';

const START = Date.UTC(2026, 10, 21, 12);
const STEP = 30_000;
const secretKey = new Uint8Array(32).fill(7);
const wrong = { ok: false, code: 'second_factor_wrong' };
const over = { ok: false, code: 'sign_in_step_over' };

let database: TestDatabase;
beforeAll(async () => (database = await createTestDatabase()));
afterAll(() => database.close());

let clock = createSettableClock(START);
let secondFactor = createSecondFactor({ pool: { query: () => undefined } as never, clock, secretKey });
let userId = '';
beforeEach(async () => {
  clock = createSettableClock(START);
  secondFactor = createSecondFactor({ pool: database.pool, clock, secretKey });
  userId = newId();
  await database.pool.query(
    `insert into users (user_id, email, name, created_at) values ($1, $2, 'Ada', now())`,
    [userId, `${userId}@example.test`],
  );
});

function valueOf<T>(result: { ok: true; value: T } | { ok: false; code: string }): T {
  if (!result.ok) throw new Error(result.code);
  return result.value;
}

/** Turns it on; answers the app's secret and the recovery codes. The code of this half minute is used up by it. */
async function turnOn(): Promise<{ secret: Uint8Array<ArrayBuffer>; recoveryCodes: string[] }> {
  const { base32 } = valueOf(await secondFactor.begin({ id: userId, email: 'ada@example.test' }));
  const secret = fromBase32(base32);
  const { recoveryCodes } = valueOf(
    await secondFactor.confirm({ userId, code: codeAt(secret, clock.now()) }),
  );
  return { secret, recoveryCodes };
}

function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  const bits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  return Uint8Array.from(bits.join('').match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

/** A code that is right at none of the three steps around `now`. */
function wrongCode(secret: Uint8Array<ArrayBuffer>, now: number): string {
  for (let number = 0; ; number++) {
    const code = String(number).padStart(6, '0');
    if (stepOfCode(secret, { code, now }) === undefined) return code;
  }
}

describe('second factor', () => {
  it('B1 is not asked for before an app has shown its first code', async () => {
    await expect(secondFactor.beginStep(userId, 'password')).resolves.toBeNull();
    const { base32 } = valueOf(await secondFactor.begin({ id: userId, email: 'ada@example.test' }));
    await expect(secondFactor.beginStep(userId, 'password')).resolves.toBeNull();
    await expect(
      secondFactor.check({ userId, code: codeAt(fromBase32(base32), clock.now()) }),
    ).resolves.toEqual(wrong);

    const bad = wrongCode(fromBase32(base32), clock.now());
    await expect(secondFactor.confirm({ userId, code: bad })).resolves.toEqual(wrong);
    await expect(secondFactor.summary(userId)).resolves.toEqual({ isOn: false, recoveryCodesLeft: 0 });
    // The person has lost the QR code and begins anew: the first secret is no good any more.
    const again = valueOf(await secondFactor.begin({ id: userId, email: 'ada@example.test' }));
    expect(again.base32).not.toBe(base32);
    await secondFactor.confirm({ userId, code: codeAt(fromBase32(again.base32), clock.now()) });
    await expect(secondFactor.summary(userId)).resolves.toEqual({ isOn: true, recoveryCodesLeft: 10 });
    await expect(secondFactor.begin({ id: userId, email: 'ada@example.test' })).resolves.toEqual({
      ok: false,
      code: 'second_factor_on',
    });
  });

  it('B1 keeps neither the app’s secret nor a recovery code readable', async () => {
    const { secret, recoveryCodes } = await turnOn();
    const { rows } = await database.pool.query<{ kept: string }>(
      `select string_agg(t::text, ' ') as kept from (
         select f::text as t from second_factors f where user_id = $1
         union all select c::text from recovery_codes c where user_id = $1) all_of_it`,
      [userId],
    );
    const kept = rows[0]?.kept ?? '';
    expect(kept).toContain(userId);
    expect(kept).not.toContain(Buffer.from(secret).toString('hex'));
    for (const code of recoveryCodes) {
      expect(kept).not.toContain(code);
      expect(kept).not.toContain(Buffer.from(code.replaceAll('-', '')).toString('hex'));
    }
  });

  it('B1 ends a sign-in with a code of the app, once', async () => {
    const { secret } = await turnOn();
    clock.advance(STEP);
    const { stepToken } = (await secondFactor.beginStep(userId, 'oidc'))!;
    await expect(secondFactor.findStep(stepToken)).resolves.toEqual({ userId, firstFactor: 'oidc' });
    const code = codeAt(secret, clock.now());
    const spaced = `${code.slice(0, 3)} ${code.slice(3)}`;
    await expect(secondFactor.finishStep({ stepToken, code: spaced })).resolves.toEqual({
      ok: true,
      value: { userId, firstFactor: 'oidc', kind: 'totp' },
    });
    clock.advance(STEP);
    const next = codeAt(secret, clock.now());
    await expect(secondFactor.finishStep({ stepToken, code: next })).resolves.toEqual(over);
    await expect(secondFactor.findStep(stepToken)).resolves.toBeNull();
  });

  it('B1 attack: TOTP replay within its window is refused, also of the code before, also at once', async () => {
    const { secret } = await turnOn();
    // The code that turned it on was used by that.
    await expect(secondFactor.check({ userId, code: codeAt(secret, START) })).resolves.toEqual(wrong);
    clock.advance(2 * STEP);
    const code = codeAt(secret, clock.now());
    const answers = await Promise.all(Array.from({ length: 8 }, () => secondFactor.check({ userId, code })));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    clock.advance(STEP);
    await expect(secondFactor.check({ userId, code })).resolves.toEqual(wrong);
    // Older than the one that was used: somebody has looked over the shoulder and waited.
    const before = codeAt(secret, clock.now() - STEP);
    await expect(secondFactor.check({ userId, code: before })).resolves.toEqual(wrong);
    await expect(secondFactor.check({ userId, code: codeAt(secret, clock.now()) })).resolves.toMatchObject({
      ok: true,
    });
  });

  it('B1 attack: a step takes five codes and ten minutes, however many come at once', async () => {
    const { secret } = await turnOn();
    clock.advance(STEP);
    const { stepToken } = (await secondFactor.beginStep(userId, 'password'))!;
    const bad = wrongCode(secret, clock.now());
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => secondFactor.finishStep({ stepToken, code: bad })),
    );
    expect(answers.filter((it) => !it.ok && it.code === 'second_factor_wrong')).toHaveLength(STEP_ATTEMPTS);
    expect(answers.filter((it) => !it.ok && it.code === 'sign_in_step_over')).toHaveLength(7);
    const code = codeAt(secret, clock.now());
    await expect(secondFactor.finishStep({ stepToken, code })).resolves.toEqual(over);

    const late = (await secondFactor.beginStep(userId, 'password'))!;
    clock.advance(STEP_LIFETIME);
    const fresh = codeAt(secret, clock.now());
    await expect(secondFactor.finishStep({ ...late, code: fresh })).resolves.toEqual(over);
    for (const stranger of ['', 'nonsense', 'a'.repeat(32)])
      await expect(secondFactor.finishStep({ stepToken: stranger, code: fresh })).resolves.toEqual(over);
  });

  it('B1 a recovery code works once, in place of the app’s', async () => {
    const { recoveryCodes } = await turnOn();
    const { stepToken } = (await secondFactor.beginStep(userId, 'recover'))!;
    const [first = '', second = ''] = recoveryCodes;
    await expect(secondFactor.finishStep({ stepToken, code: first.toUpperCase() })).resolves.toEqual({
      ok: true,
      value: { userId, firstFactor: 'recover', kind: 'recovery_code' },
    });
    await expect(secondFactor.summary(userId)).resolves.toEqual({ isOn: true, recoveryCodesLeft: 9 });
    await expect(secondFactor.check({ userId, code: first })).resolves.toEqual(wrong);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => secondFactor.check({ userId, code: second })),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it('B1 new recovery codes end the old ones, and turning it off ends all of it', async () => {
    const { recoveryCodes, secret } = await turnOn();
    const renewed = valueOf(await secondFactor.renewRecoveryCodes(userId));
    expect(renewed.recoveryCodes.filter((code) => recoveryCodes.includes(code))).toEqual([]);
    await expect(secondFactor.check({ userId, code: recoveryCodes[0]! })).resolves.toEqual(wrong);

    const { stepToken } = (await secondFactor.beginStep(userId, 'password'))!;
    await expect(secondFactor.remove(userId)).resolves.toEqual({ ok: true, value: null });
    clock.advance(STEP);
    const code = codeAt(secret, clock.now());
    await expect(secondFactor.finishStep({ stepToken, code })).resolves.toEqual(over);
    await expect(secondFactor.check({ userId, code: renewed.recoveryCodes[0]! })).resolves.toEqual(wrong);
    const off = { ok: false, code: 'second_factor_off' };
    await expect(secondFactor.remove(userId)).resolves.toEqual(off);
    await expect(secondFactor.renewRecoveryCodes(userId)).resolves.toEqual(off);
    await expect(secondFactor.confirm({ userId, code })).resolves.toEqual(off);
  });

  it('B1 attack: a code of one account is none of another', async () => {
    const { secret, recoveryCodes } = await turnOn();
    const victim = userId;
    userId = newId();
    await database.pool.query(
      `insert into users (user_id, email, name, created_at) values ($1, $2, 'Eve', now())`,
      [userId, `${userId}@example.test`],
    );
    await turnOn();
    clock.advance(STEP);
    const code = codeAt(secret, clock.now());
    await expect(secondFactor.check({ userId, code })).resolves.toEqual(wrong);
    await expect(secondFactor.check({ userId, code: recoveryCodes[0]! })).resolves.toEqual(wrong);
    await expect(secondFactor.check({ userId: victim, code })).resolves.toMatchObject({ ok: true });
  });
});
