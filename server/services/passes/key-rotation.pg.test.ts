import { webcrypto } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HANDOVER, KEY_IN_USE, KEY_OUTLASTS, newSigningKey, PUBLISH_AHEAD } from '#shared/domain/signing-key';
import { toHex } from '#shared/pass/bytes';
import { decodeCoseSign1 } from '#shared/pass/cose-sign1';
import { importKeyBundle, type IssuerKey } from '#shared/pass/key-bundle';
import { showStaticPass } from '#shared/pass/show-pass';
import { openKeyBundle } from '#shared/pass/signed-bundle';
import { verifyPass } from '#shared/pass/verify-pass';
import type { Arbiter } from '../../arbiter/arbiter';
import { HOUR, makeTestSite, NOW, outcomesOf, TestDevice, type TestSite } from '../../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createLogger } from '../../platform/logger';
import { newId } from '../../platform/ids';
import { keepKeys } from '../../jobs/rotate-keys';
import { createPull, type Pull } from '../sync/pull';
import { createKeyBundles } from './key-bundles';
import { createPassIssuer } from './pass-issuer';
import { createSigningKeys } from './signing-keys';
import { createStatusIndexes } from './status-indexes';

const DAY = 24 * HOUR;
const { subtle } = webcrypto;

let database: TestDatabase;
let site: TestSite;
let arbiter: Arbiter;
let pull: Pull;

beforeEach(async () => {
  database = await createTestDatabase();
  site = await makeTestSite(database.pool, {
    horizon: 30 * DAY,
    maximumLength: DAY,
    reservationsAtATime: 100,
  });
  arbiter = site.arbiter();
  pull = createPull({ ...site, logger: createLogger({ level: 'error' }) });
});
afterEach(async () => {
  await arbiter.drain();
  await database.close();
});

/** Another process on the same database. */
function otherProcess() {
  const signingKeys = createSigningKeys({ ...site, newId });
  const passIssuer = createPassIssuer({ signingKeys, statusIndexes: createStatusIndexes(site.pool) });
  return { signingKeys, arbiter: site.arbiter({ signingKeys, passIssuer }) };
}

const keep = () => keepKeys({ pool: site.pool, arbiter, clock: site.clock, newId });

/** What becomes of a rotation that the site itself asks for. */
async function rotate(by: Arbiter = arbiter): Promise<string> {
  const intent = {
    ...{ seq: 1, id: newId(), op: 'site.rotate_key@1', args: { keyId: newId() } },
    ...{ deviceTime: NOW, expiresAt: null },
  };
  const member = { id: site.siteId, role: 'system', name: 'Undercroft' } as const;
  const [outcome] = outcomesOf(
    await by.submit({ siteId: site.siteId, member, clientId: newId(), intents: [intent] }),
  );
  return outcome!.code ?? outcome!.status;
}

interface StoredKey {
  key_id: string;
  used_from: Date;
  valid_until: Date;
  retired_at: Date | null;
  removed_at: Date | null;
  sealed: number;
}

async function storedKeys(): Promise<StoredKey[]> {
  const { rows } = await site.pool.query<StoredKey>(
    `select key_id, used_from, valid_until, retired_at, removed_at, length(sealed_private_key) as sealed
       from signing_keys where site_id = $1 order by used_from, key_id`,
    [site.siteId],
  );
  return rows;
}

/** The keys of the bundle as a device that trusts `trusted` reads it. */
async function bundleKeys(trusted: readonly IssuerKey[] | null = null): Promise<readonly IssuerKey[]> {
  await site.keyBundles.ensureFresh(site.siteId);
  const { rows } = await site.pool.query<{ signed: Buffer }>(
    'select signed from key_bundles where site_id = $1',
    [site.siteId],
  );
  const opened = await openKeyBundle({ subtle, site: site.siteId, issued: null }, rows[0]!.signed, trusted);
  if (opened.kind !== 'open') throw new Error(`the bundle is ${opened.why}`);
  return opened.bundle.keys;
}

/** Reserves from `start` for an hour and answers the signed pass. */
async function passAt(start: number, by = arbiter): Promise<Uint8Array> {
  const reservationId = newId();
  const device = new TestDevice(site, await site.join(), by);
  const args = { reservationId, slotId: await site.addSlot(newId().slice(-12)), start, end: start + HOUR };
  const outcome = await device.do('reservation.create@1', args);
  if (outcome.status !== 'applied') throw new Error(`no pass: ${String(outcome.code)}`);
  const { rows } = await site.pool.query<{ signed: Buffer }>(
    'select signed from passes where reservation_id = $1',
    [reservationId],
  );
  return new Uint8Array(rows[0]!.signed);
}

const kidOf = (signed: Uint8Array): string => toHex(decodeCoseSign1(signed).keyId);

async function resultOf(signed: Uint8Array, keys: readonly IssuerKey[], at: number): Promise<string> {
  const verdict = await verifyPass(subtle, showStaticPass(signed), {
    keys: await importKeyBundle(subtle, keys),
    statusList: { kind: 'missing' },
    site: site.siteId,
    ...{ gate: 1, now: at / 1000, challenge: null, history: () => ({ highestCtr: null, uses: [] }) },
  });
  return verdict.result;
}

describe('D3 rotating a site’s key', () => {
  it('needs a manager who has just proved who they are', async () => {
    const member = await site.join('manager');
    const clientId = newId();
    let seq = 0;
    const ask = async (verifiedAt: number | null) => {
      const args = { keyId: newId() };
      const intent = {
        seq: ++seq,
        id: newId(),
        op: 'site.rotate_key@1',
        args,
        deviceTime: NOW,
        expiresAt: null,
      };
      const push = { siteId: site.siteId, member, clientId, verifiedAt, intents: [intent] };
      return outcomesOf(await arbiter.submit(push))[0];
    };
    expect(await ask(null)).toMatchObject({ code: 'verification_needed' });
    expect(await storedKeys()).toHaveLength(1);
    expect(await ask(NOW)).toMatchObject({ status: 'applied', data: { usedFrom: NOW + PUBLISH_AHEAD } });
    expect(await ask(NOW)).toMatchObject({ code: 'key_waiting' });
    expect(await storedKeys()).toHaveLength(2);
    expect(site.committed.flat()).toContain(`gate:${site.siteId}`);
  });

  it('publishes the next key two days before any process signs with it', async () => {
    const others = otherProcess();
    const first = kidOf(await passAt(NOW + HOUR));
    expect(kidOf(await passAt(NOW + HOUR, others.arbiter))).toBe(first);
    expect(await rotate()).toBe('applied');
    expect(await bundleKeys()).toHaveLength(2);
    site.clock.advance(PUBLISH_AHEAD - 1);
    expect(kidOf(await passAt(NOW + 3 * DAY))).toBe(first);
    expect(kidOf(await passAt(NOW + 3 * DAY, others.arbiter))).toBe(first);
    site.clock.advance(1);
    const second = kidOf(await passAt(NOW + 3 * DAY));
    expect(second).not.toBe(first);
    expect(kidOf(await passAt(NOW + 3 * DAY, others.arbiter))).toBe(second);
    await others.arbiter.drain();
  });

  it('a process hears of another’s rotation within five minutes', async () => {
    const { signingKeys } = otherProcess();
    const old = await signingKeys.keyFor(site.siteId, NOW);
    // As if it had been published two days ago, and this process had not looked since.
    await site.signingKeys.make(site.pool, site.siteId, newSigningKey(newId(), { now: NOW, usedFrom: NOW }));
    expect((await signingKeys.keyFor(site.siteId, NOW)).id).toBe(old.id);
    site.clock.advance(5 * 60_000);
    expect((await signingKeys.keyFor(site.siteId, NOW)).id).not.toBe(old.id);
  });

  it('makes one key of many rotations at once, in two processes', async () => {
    const others = otherProcess();
    const codes = await Promise.all(
      [...'abcdefgh'].map((_, at) => rotate(at % 2 ? arbiter : others.arbiter)),
    );
    expect(codes.filter((code) => code === 'applied')).toHaveLength(1);
    expect(codes.filter((code) => code === 'key_waiting')).toHaveLength(7);
    expect(await storedKeys()).toHaveLength(2);
    await others.arbiter.drain();
  });

  it('is stopped by the database too, should a rule let two keys wait', async () => {
    const waiting = () => newSigningKey(newId(), { now: NOW, usedFrom: NOW + PUBLISH_AHEAD });
    await site.signingKeys.make(site.pool, site.siteId, waiting());
    await expect(site.signingKeys.make(site.pool, site.siteId, waiting())).rejects.toMatchObject({
      code: '23P01',
    });
    // Other sites' keys wait beside it, and a key made in need waits for nothing.
    const other = await makeTestSite(database.pool);
    await other.signingKeys.make(other.pool, other.siteId, waiting());
    await site.signingKeys.make(site.pool, site.siteId);
  });
});

describe('D3 the life of a key', () => {
  it('passes from before and after a rotation verify by the bundle at any time, until they are over', async () => {
    const ahead = 29 * DAY;
    const passes: { signed: Uint8Array; start: number }[] = [];
    const issue = async (start: number) => passes.push({ signed: await passAt(start), start });
    await issue(NOW + HOUR);
    await issue(NOW + ahead);
    await rotate();
    for (const step of [
      0,
      DAY,
      PUBLISH_AHEAD - DAY - 1,
      1,
      HANDOVER,
      DAY,
      10 * DAY,
      10 * DAY,
      6 * DAY,
      2 * DAY,
    ]) {
      site.clock.advance(step);
      await keep();
      const now = site.clock.now();
      await issue(Math.ceil(now / HOUR) * HOUR + HOUR);
      await issue(Math.ceil(now / HOUR) * HOUR + ahead);
      const keys = await bundleKeys();
      for (const { signed, start } of passes.filter((pass) => pass.start + HOUR > now)) {
        const at = Math.max(start, now);
        expect(await resultOf(signed, keys, at), `${String(start)} at ${String(now)}`).toBe(
          'valid_provisional',
        );
      }
    }
    expect(new Set(passes.map(({ signed }) => kidOf(signed))).size).toBe(2);
  });

  it('a key is retired when the next one signs, reaches no further than what it signed, and leaves when that is over', async () => {
    const last = NOW + 20 * DAY;
    await passAt(last);
    await rotate();
    const pinned = await bundleKeys();
    site.clock.advance(PUBLISH_AHEAD + HANDOVER - 1);
    expect(await keep()).toEqual({ rotated: 0, retired: 0, removed: 0 });
    site.clock.advance(1);
    // By the next key, and further ahead than the former one has ever signed.
    await passAt(NOW + 31 * DAY);
    expect(await keep()).toEqual({ rotated: 0, retired: 1, removed: 0 });
    const [retired, current] = await storedKeys();
    expect(retired).toMatchObject({ valid_until: new Date(last + 1000), removed_at: null });
    expect(current).toMatchObject({ retired_at: null });
    // Its word for the keys still counts, for who knows no other.
    expect(await bundleKeys(pinned.slice(0, 1))).toHaveLength(2);
    site.clock.set(last + 1000 + KEY_OUTLASTS - 1);
    expect(await keep()).toMatchObject({ removed: 0 });
    site.clock.advance(1);
    expect(await keep()).toMatchObject({ removed: 1 });
    expect((await storedKeys())[0]).toMatchObject({ removed_at: new Date(site.clock.now()), sealed: 0 });
    expect(await bundleKeys(pinned)).toHaveLength(1);
    await site.signingKeys.check();
  });

  it('a key that signed nothing ahead reaches to the end of the handover', async () => {
    await rotate();
    site.clock.advance(PUBLISH_AHEAD + HANDOVER);
    await keep();
    expect((await storedKeys())[0]!.valid_until).toEqual(new Date(NOW + PUBLISH_AHEAD + HANDOVER + 1000));
  });

  it('the schedule asks for the next key after ninety days of use, once, also by several processes', async () => {
    site.clock.advance(KEY_IN_USE - 1);
    expect(await keep()).toMatchObject({ rotated: 0 });
    site.clock.advance(1);
    const both = await Promise.all([keep(), keep()]);
    expect(both.reduce((sum, { rotated }) => sum + rotated, 0)).toBe(1);
    expect(await keep()).toMatchObject({ rotated: 0 });
    const [, next] = await storedKeys();
    expect(next!.used_from).toEqual(new Date(NOW + KEY_IN_USE + PUBLISH_AHEAD));
    site.clock.advance(PUBLISH_AHEAD + KEY_IN_USE);
    expect(await keep()).toMatchObject({ rotated: 1, retired: 1 });
  });

  it('a site that cannot be rotated stops no other', async () => {
    const other = await makeTestSite(database.pool);
    await site.pool.query(`update sites set policy = '"gone"' where site_id = $1`, [site.siteId]);
    site.clock.advance(KEY_IN_USE);
    await expect(keep()).rejects.toThrow(AggregateError);
    const { rows } = await site.pool.query('select 1 from signing_keys where site_id = $1', [other.siteId]);
    expect(rows).toHaveLength(2);
  });
});

describe('D3 the bundle on the server', () => {
  const stored = async () => {
    const { rows } = await site.pool.query<{ issued_at: Date; signed: Buffer }>(
      'select issued_at, signed from key_bundles where site_id = $1',
      [site.siteId],
    );
    return rows[0]!;
  };

  it('is made anew when the keys change or after a day, by one of several processes, and else left as it is', async () => {
    const logger = createLogger({ level: 'error' });
    const others = createKeyBundles({ ...site, signingKeys: otherProcess().signingKeys, logger });
    await Promise.all([site.keyBundles.ensureFresh(site.siteId), others.ensureFresh(site.siteId)]);
    const first = await stored();
    site.clock.advance(DAY - 1);
    await site.keyBundles.ensureFresh(site.siteId);
    expect(await stored()).toEqual(first);
    site.clock.advance(1);
    await others.ensureFresh(site.siteId);
    expect((await stored()).issued_at.getTime()).toBe(NOW + DAY);
    await rotate();
    await site.keyBundles.ensureFresh(site.siteId);
    // A second later than the one before although no time has passed: never older.
    expect((await stored()).issued_at.getTime()).toBe(NOW + DAY + 1000);
  });

  it('is signed once for all who ask one process at the same time, with the key at hand before the transaction', async () => {
    const before: number[] = [];
    const { signingKeys } = site;
    const bundles = createKeyBundles({
      ...site,
      logger: createLogger({ level: 'error' }),
      signingKeys: {
        keyFor: (siteId, at) => signingKeys.keyFor(siteId, at),
        async keyOf(siteId, id) {
          const { rows } = await site.pool.query<{ busy: number }>(
            `select count(*)::int as busy from pg_locks where locktype = 'advisory' and granted
              and database = (select oid from pg_database where datname = current_database())`,
          );
          before.push(rows[0]!.busy);
          return signingKeys.keyOf(siteId, id);
        },
      },
    });
    await Promise.all(Array.from({ length: 8 }, () => bundles.ensureFresh(site.siteId)));
    expect(before).toEqual([0]);
    expect((await stored()).issued_at.getTime()).toBe(NOW);
  });

  it('is left as it is, and that is logged, where no key may sign it', async () => {
    const lines: string[] = [];
    const bundles = createKeyBundles({
      ...site,
      logger: createLogger({ write: (line) => void lines.push(line) }),
      signingKeys: { ...site.signingKeys, keyFor: () => Promise.resolve(null as never) },
    });
    await site.pool.query('update signing_keys set removed_at = used_from where site_id = $1', [site.siteId]);
    await bundles.ensureFresh(site.siteId);
    expect(await stored()).toBeUndefined();
    expect(lines.join()).toContain('no key of a site may sign its key bundle');
  });

  it('comes down to guards with the gate’s scope; a key that has left leaves their devices', async () => {
    const guard = await site.join('guard');
    const question = {
      siteId: site.siteId,
      member: { id: guard.id, role: 'guard' as const },
      clientId: newId(),
    };
    const pulled = async (cookie: string | null) => {
      const result = await pull({ ...question, cookie });
      if (!result.ok) throw new Error(result.code);
      const changes = result.response.changes[`gate:${site.siteId}`] ?? { put: [], del: [] };
      const ids = (entity: string) =>
        changes.put.filter((one) => one.entity === entity).map(({ row }) => row.id);
      const gone = changes.del.map(({ entity, id }) => `${entity} ${id}`);
      return { cookie: result.response.cookie, keys: ids('signing_key'), bundles: ids('key_bundle'), gone };
    };
    const [first] = (await storedKeys()).map((key) => key.key_id);
    const start = await pulled(null);
    expect(start).toMatchObject({ keys: [first], bundles: [site.siteId] });
    const still = await pulled(start.cookie);
    expect(still).toMatchObject({ keys: [], bundles: [], gone: [] });
    await rotate();
    const [, second] = (await storedKeys()).map((key) => key.key_id);
    const rotated = await pulled(still.cookie);
    expect(rotated).toMatchObject({ keys: [second], bundles: [site.siteId], gone: [] });
    site.clock.advance(PUBLISH_AHEAD + HANDOVER);
    await keep();
    const handedOver = await pulled(rotated.cookie);
    expect(handedOver).toMatchObject({ keys: [first], bundles: [site.siteId], gone: [] });
    site.clock.advance(KEY_OUTLASTS + 1000);
    await keep();
    expect(await pulled(handedOver.cookie)).toMatchObject({
      ...{ keys: [], bundles: [site.siteId], gone: [`signing_key ${first!}`] },
    });
    expect(await pulled(null)).toMatchObject({ keys: [second], bundles: [site.siteId] });
  });
});
