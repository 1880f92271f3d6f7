import type { PoolClient } from 'pg';
import type { State } from '#shared/domain/state';
import type { SigningKeys } from '../services/passes/signing-keys';
import { rowsOf, type NetChanges } from './net-changes';
import type { ReadPlan } from './read-plan';

const LOCK = {
  name: 'arbiter-lock-signing-keys',
  text: `select pg_advisory_xact_lock(hashtextextended('undercroft signing keys ' || site_id, 0))
           from (select site_id from unnest($1::uuid[]) as k(site_id) order by site_id) as ordered`,
};

// Removed ones too: their ids are taken.
const LOAD = {
  name: 'arbiter-load-signing-keys',
  text: `select site_id, key_id, (extract(epoch from valid_from) * 1000)::float8 as valid_from,
                (extract(epoch from valid_until) * 1000)::float8 as valid_until,
                (extract(epoch from used_from) * 1000)::float8 as used_from
           from signing_keys where site_id = any($1::uuid[])`,
};

/** Takes the lock on making a key at each site whose keys a wish reads: of two rotations at once the second sees the first. */
export async function lockSigningKeys(
  client: PoolClient,
  plan: Pick<ReadPlan, 'sitesOfKeys'>,
): Promise<void> {
  if (plan.sitesOfKeys.size > 0) await client.query({ ...LOCK, values: [[...plan.sitesOfKeys]] });
}

/** Loads all keys of those sites, under the lock of `lockSigningKeys`. */
export async function loadSigningKeys(
  client: PoolClient,
  plan: Pick<ReadPlan, 'sitesOfKeys'>,
  states: ReadonlyMap<string, State>,
): Promise<void> {
  if (plan.sitesOfKeys.size === 0) return;
  const { rows } = await client.query<{
    site_id: string;
    key_id: string;
    valid_from: number;
    valid_until: number;
    used_from: number;
  }>({ ...LOAD, values: [[...plan.sitesOfKeys]] });
  for (const row of rows) {
    states.get(row.site_id)?.signingKeys.set(row.key_id, {
      id: row.key_id,
      validFrom: row.valid_from,
      validUntil: row.valid_until,
      usedFrom: row.used_from,
    });
  }
}

/** Makes and stores the key pairs of the keys that the batch decided on. */
export async function writeSigningKeys(
  client: PoolClient,
  nets: ReadonlyMap<string, NetChanges>,
  signingKeys: Pick<SigningKeys, 'make'>,
): Promise<void> {
  const made = rowsOf(nets, (net) => net.signingKeys.values());
  await Promise.all(made.map(({ siteId, row }) => signingKeys.make(client, siteId, row)));
}
