import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../platform/ids';
import { findProjectRoot } from '../platform/project-root';
import { migrate } from './migrate';
import { createTestDatabase, type TestDatabase } from './testing';

const DAY = 24 * 3_600_000;
const NOW = Date.UTC(2026, 10, 21, 12);
const at = (days: number) => new Date(NOW + days * DAY);
const bytes = (length: number) => Buffer.alloc(length, 7);

let database: TestDatabase;
let before: string;

beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  before = await mkdtemp(join(tmpdir(), 'undercroft-before-gate-'));
  const migrations = join(findProjectRoot(), 'migrations');
  for (const name of await readdir(migrations))
    if (name < '0007') await cp(join(migrations, name), join(before, name));
  await migrate({ url: database.url, directory: before });
});
afterEach(async () => {
  await rm(before, { recursive: true });
  await database.close();
});

const insert = async (table: string, row: Record<string, unknown>): Promise<void> => {
  const places = Object.keys(row).map((_, index) => `$${index + 1}`);
  const text = `insert into ${table} (${Object.keys(row).join()}) values (${places.join()})`;
  await database.pool.query(text, Object.values(row));
};

/** What a site of before has: two keys, the second made while the first was in force, and what a scanned pass needs. */
async function fillSite() {
  const [site_id, user_id, member_id, slot_id] = [newId(), newId(), newId(), newId()];
  const [reservation_id, client_id] = [newId(), newId()];
  await insert('sites', {
    ...{ site_id, name: 'House', time_zone: 'Europe/Berlin', policy: {}, issuance_account_id: newId() },
  });
  await insert('users', { user_id, email: 'ada@example.test', name: 'Ada' });
  await insert('members', { site_id, member_id, user_id, role: 'resident', name: 'Ada' });
  await insert('sessions', {
    ...{ token_sha256: bytes(32), user_id, site_id },
    ...{ created_at: at(0), expires_at: at(30), last_seen_at: at(0) },
  });
  const keyIds = [newId(), newId()];
  for (const [index, key_id] of keyIds.entries()) {
    await insert('signing_keys', {
      ...{ site_id, key_id, x: bytes(32), y: bytes(32), sealed_private_key: bytes(80) },
      ...{ valid_from: at(index * 100 - 101), valid_until: at(index * 100 + 400) },
    });
  }
  await insert('holder_keys', { site_id, client_id, member_id, holder_key: bytes(33), bound_at: at(0) });
  await insert('slots', { site_id, slot_id, label: 'A-01' });
  await insert('reservations', {
    ...{
      site_id,
      reservation_id,
      slot_id,
      member_id,
      state: 'confirmed',
      cost: 0,
      receiver_account_id: site_id,
    },
    ...{ during: `[${at(0).toISOString()},${at(1).toISOString()})`, created_at: at(0) },
  });
  const held = { client_id, holder_key: bytes(33), status: 'valid' };
  const free = { client_id: null, holder_key: null, status: 'revoked' };
  const passes = [held, free].map((fields, index) => ({ pass_id: newId(), status_index: index, ...fields }));
  for (const pass of passes) {
    await insert('passes', {
      ...{ site_id, member_id, reservation_id, slot_label: 'A-01', kind: 0, signed: bytes(9) },
      ...{ not_before: at(0), expires_at: at(1), created_at: at(0), code: `CODE000${pass.status_index}` },
      ...pass,
    });
  }
  const scanIds = [newId(), newId()];
  for (const scan_id of scanIds) {
    await insert('scans', {
      ...{ site_id, scan_id, pass_id: passes[0]!.pass_id, guard_id: member_id, client_id, gate: 1, code: '' },
      ...{ scanned_at: at(0), recorded_at: at(0), result: 'valid', counts: scan_id === scanIds[0] },
    });
  }
  return { site_id, keyIds, scanIds };
}

const rowsOf = async (text: string) => (await database.pool.query<Record<string, unknown>>(text)).rows;

describe('0007_gate', () => {
  it('C13 takes what a site has: keys that sign since they were made, passes, scans, devices and sessions', async () => {
    const { site_id, keyIds, scanIds } = await fillSite();
    expect(await migrate({ url: database.url })).toContain('0007_gate.sql');
    // Made a day after what they may sign begins; none of them waited, so both fit beside each other and a next one.
    expect(
      await rowsOf(
        'select key_id, published_at, used_from, retired_at, removed_at from signing_keys order by used_from',
      ),
    ).toEqual(
      [at(-100), at(0)].map((made, index) => ({
        ...{ key_id: keyIds[index], published_at: made, used_from: made, retired_at: null, removed_at: null },
      })),
    );
    const waiting = { x: bytes(32), y: bytes(32), sealed_private_key: bytes(80), valid_from: at(-1) };
    const next = { ...waiting, valid_until: at(400), published_at: at(-1), used_from: at(1) };
    await insert('signing_keys', { site_id, key_id: newId(), ...next });
    await expect(insert('signing_keys', { site_id, key_id: newId(), ...next })).rejects.toThrow(
      'signing_keys_one_waiting',
    );
    expect(
      await rowsOf(
        'select direction, undoes, journal_id, is_genuine, count(*)::int from scans group by 1, 2, 3, 4',
      ),
    ).toEqual([
      { direction: 'entry', undoes: null, journal_id: null, is_genuine: null, count: scanIds.length },
    ]);
    expect(
      await rowsOf('select status, visitor_pass_id, client_id is null as free from passes order by code'),
    ).toEqual([
      { status: 'valid', visitor_pass_id: null, free: false },
      { status: 'revoked', visitor_pass_id: null, free: true },
    ]);
    expect(await rowsOf('select revoked_at from holder_keys')).toEqual([{ revoked_at: null }]);
    expect(await rowsOf('select verified_at from sessions')).toEqual([{ verified_at: null }]);
    expect(await rowsOf('select plate from members')).toEqual([{ plate: '' }]);
  });
});
