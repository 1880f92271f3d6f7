import { deflateSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importKeyBundle, type IssuerKey } from '#shared/pass/key-bundle';
import { openStatusList } from '#shared/pass/status-list';
import { fromHex } from '#shared/pass/bytes';
import type { PassHistory } from '#shared/pass/pass-verdict';
import { checkCode, type CheckContext } from './check-code';
import { inflateBounded } from './inflate';

interface Vector {
  name: string;
  now: number;
  site: string;
  gate: number;
  keys: IssuerKey[];
  statusList: string | null;
  challenge: string | null;
  qr: string;
  result: string;
  seen: unknown;
  used: unknown;
}
const file = new URL('../../shared/pass/pass-vectors.json', import.meta.url);
const vectors = (JSON.parse(readFileSync(file, 'utf8')) as { cases: Vector[] }).cases;
const unused: PassHistory = { highestCtr: null, uses: [] };

async function check(vector: Vector, text = vector.qr, more: Partial<CheckContext> = {}) {
  const { subtle } = crypto;
  const keys = await importKeyBundle(subtle, vector.keys);
  const bytes = vector.statusList === null ? null : fromHex(vector.statusList);
  const statusList = await openStatusList({ subtle, inflate: inflateBounded, keys }, bytes);
  const { site, gate, now } = vector;
  const challenge = vector.challenge === null ? null : fromHex(vector.challenge);
  const given = { keys, statusList, site, gate, now: now * 1000, challenge, history: () => unused };
  return checkCode(subtle, text, { ...given, direction: 'entry', listed: () => null, ...more });
}

const withResult = (result: string): Vector => {
  const found = vectors.find((vector) => vector.result === result && vector.challenge === null);
  if (!found) throw new Error(`no vector gives ${result}`);
  return found;
};

describe('D3 what the camera read, as the gate says it', () => {
  it.each(
    ['valid', 'valid_provisional', 'forged', 'unknown_key', 'wrong_site', 'wrong_entrance', 'too_early']
      .concat(['expired', 'revoked', 'static_copy', 'copied', 'clock_differs', 'replay_or_clock'])
      .map((result) => [result]),
  )('%s, by the status list that the browser’s own inflate opened', async (result) => {
    expect((await check(withResult(result))).check.result).toBe(result);
  });

  it.each(['revoked', 'suspended'] as const)(
    '%s, when a row says so before the list does',
    async (status) => {
      const valid = withResult('valid');
      const { check: given, settle } = await check(valid, valid.qr, { listed: () => status });
      expect(given).toMatchObject({ result: status, counter: null, provisional: null });
      expect(settle(unused).result).toBe(status);
    },
  );

  it('a row that says valid makes nothing good', async () => {
    for (const result of ['revoked', 'forged', 'copied']) {
      const vector = withResult(result);
      expect((await check(vector, vector.qr, { listed: () => 'valid' })).check.result).toBe(result);
    }
  });

  it('a pass used up in between is found when it is stored', async () => {
    const { check: first, settle } = await check(withResult('valid'));
    expect(first.result).toBe('valid');
    const at = Math.floor(first.at / 1000) - 60;
    const history = { highestCtr: null, uses: [1, 2].map((gate) => ({ at, gate, by: 'Petra' })) };
    expect(settle(history)).toMatchObject({
      result: 'already_used',
      lastUse: { at: at * 1000, by: 'Petra' },
    });
    expect(settle(unused)).toEqual({ ...first, earlierUses: 0 });
  });

  it('the same live code twice is a replay when it is stored', async () => {
    const live = vectors.filter((vector) => vector.result === 'valid');
    const checks = await Promise.all(live.map((vector) => check(vector)));
    const proven = checks.filter(({ check: { counter } }) => counter !== null);
    expect(proven.length).toBeGreaterThan(0);
    for (const { check: first, settle } of proven) {
      expect(settle({ highestCtr: first.counter, uses: [] }).result).toBe('replay');
    }
  });

  it('a counter under a signature that does not hold is not remembered', async () => {
    expect((await check(withResult('copied'))).check.counter).toBeNull();
  });

  it('tells somebody else’s QR, a gate’s code and a damaged pass apart, and keeps no foreign content', async () => {
    const vector = withResult('valid');
    const wifi = (await check(vector, 'WIFI:T:WPA;S:home;P:secret;;')).check;
    expect(wifi).toMatchObject({ result: 'malformed', unreadable: 'foreign', code: '', passId: null });
    expect((await check(vector, 'UC1C:ABC')).check.unreadable).toBe('challenge');
    const torn = vector.qr.slice(0, -7);
    expect((await check(vector, torn)).check).toMatchObject({ unreadable: 'damaged', code: torn });
  });
});

describe('D4 X1 where cars leave', () => {
  const used: PassHistory = { highestCtr: null, uses: [{ at: 1, gate: 1, by: 'Petra' }] };
  const leaving = { direction: 'exit', history: () => used } as const;

  it('a pass that has been used may leave, and the check says that an entry is known', async () => {
    const vector = withResult('valid');
    const { check: first, settle } = await check(vector, vector.qr, leaving);
    expect(first.result).toBe('valid');
    expect(settle(used)).toMatchObject({ result: 'valid', earlierUses: 1 });
    expect(settle(unused)).toMatchObject({ result: 'valid', earlierUses: 0 });
  });

  it('a copy is a copy there too', async () => {
    const good = vectors.filter(({ result }) => result === 'valid');
    const checks = await Promise.all(good.map((vector) => check(vector, vector.qr, leaving)));
    const proven = checks.filter(({ check: { counter } }) => counter !== null);
    expect(proven.length).toBeGreaterThan(0);
    for (const { check: first, settle } of proven) {
      expect(settle({ ...used, highestCtr: first.counter }).result).toBe('replay');
    }
  });
});

describe('X1 a challenge', () => {
  const answered = vectors.filter(({ challenge, result, name }) => {
    return challenge !== null && result === 'valid' && !name.includes('static');
  });

  it('is answered once: with another outstanding, or none, the same answer is a copy', async () => {
    const answers = (
      await Promise.all(answered.map(async (vector) => ({ vector, made: await check(vector) })))
    ).filter(({ made }) => made.check.isAnswer);
    expect(answers.length).toBeGreaterThan(0);
    for (const { vector, made } of answers) {
      expect(made.check.result).toBe('valid');
      for (const challenge of [null, new Uint8Array(8)]) {
        const again = await check(vector, vector.qr, { challenge });
        expect(again.check).toMatchObject({ result: 'copied', isAnswer: true });
      }
    }
  });

  it('a proof that holds tells how its holder’s clock is set, a copy does not', async () => {
    const skewed = await check(withResult('replay_or_clock'));
    expect(skewed.check.skew).toBe(skewed.check.clockDifference);
    expect((await check(withResult('copied'))).check.skew).toBeNull();
  });
});

describe('D3 inflate of a status list', () => {
  it('gives back what was deflated, up to the bound', async () => {
    const data = new Uint8Array(100_000).fill(7);
    const packed = new Uint8Array(deflateSync(data));
    expect(Buffer.from(await inflateBounded(packed, 100_000)).equals(data)).toBe(true);
    await expect(inflateBounded(packed, 99_999)).rejects.toThrow(RangeError);
  });

  it('rejects damaged bytes', async () => {
    await expect(inflateBounded(new Uint8Array([1, 2, 3]), 100)).rejects.toThrow();
  });
});
