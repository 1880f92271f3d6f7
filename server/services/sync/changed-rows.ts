import { sql } from 'kysely';
import type { ScopeChanges } from '#shared/protocol/pull';
import { queries, rowsOf } from '../../db/queries';
import { selectEndedInvitations } from './hydrate-desk';
import { selectMovedByTime } from './hydrate-gate';
import { selectExpiredIncidents } from './hydrate-incidents';
import { selectEndedTopups } from './hydrate-topups';
import { selectEndedVisits } from './hydrate-visitors';
import { selectEndedEntries } from './hydrate-waitlist';
import type { MemberScope } from './member-scopes';
import { xminOf, type PullCookie } from './pull-cookie';
import type { Base } from './row-ids';
import { scopeEntities } from './scope-entities';

const HOUR = 3_600_000;
/** How far ahead of now a gate has the passes (ms): a guard may be without signal for a weekend. */
export const GATE_AHEAD = 48 * HOUR;

/** The changed rows of these scopes as they are now, and those that are not (or no longer) there. */
export async function readChanged(
  scopes: readonly MemberScope[],
  changedIds: ChangedIds,
  base: Base,
): Promise<Record<string, ScopeChanges>> {
  const changes: Record<string, ScopeChanges> = {};
  for (const scope of scopes) {
    const found: ScopeChanges = { put: [], del: [] };
    for (const { entity, hydrate } of scopeEntities[scope.kind]) {
      const changed = changedIds.get(`${scope.name} ${entity}`);
      if (!changed) continue;
      const ids = new Set(changed);
      const rows = await hydrate({ ...base, ids: [...ids] });
      for (const row of rows) found.put.push({ entity, row });
      for (const { id } of rows) ids.delete(id);
      // What changed and is not (or no longer) of this scope leaves the device.
      for (const id of ids) found.del.push({ entity, id });
    }
    if (found.put.length > 0 || found.del.length > 0) changes[scope.name] = found;
  }
  return changes;
}

/** Ids by `<scope> <entity>`. */
export type ChangedIds = ReadonlyMap<string, ReadonlySet<string>>;

/** The rows that have changed since the snapshot of `past`, or that time has moved since then. */
export async function selectChangedIds(
  scopes: readonly MemberScope[],
  past: PullCookie,
  base: Base,
): Promise<ChangedIds> {
  const byEntity = new Map<string, Set<string>>();
  const add = (scope: string, entity: string, id: string): void => {
    const key = `${scope} ${entity}`;
    byEntity.set(key, (byEntity.get(key) ?? new Set()).add(id));
  };
  const rows = await rowsOf(
    base.client,
    queries
      .selectFrom('sync_row')
      .select(['scope', 'entity', 'pk'])
      .where('site_id', '=', base.siteId)
      .where(sql<boolean>`scope = any(${scopes.map(({ name }) => name)}::text[])`)
      // The first condition is for the index: what is older than xmin was visible in any case.
      .where(sql<boolean>`xid >= ${xminOf(past.snapshot)}::xid8`)
      .where(sql<boolean>`not pg_visible_in_snapshot(xid, ${past.snapshot}::pg_snapshot)`),
  );
  for (const { scope, entity, pk } of rows) add(scope, entity, pk);

  const gate = scopes.find(({ kind }) => kind === 'gate');
  if (gate && past.gateHorizon !== null) {
    const last = { at: past.gateHorizon - GATE_AHEAD, gateHorizon: past.gateHorizon };
    const moved = await selectMovedByTime({ ...base, ids: null }, last);
    for (const id of moved.gate_pass) add(gate.name, 'gate_pass', id);
    for (const id of moved.scan) add(gate.name, 'scan', id);
    for (const id of await selectExpiredIncidents(base, last.at)) add(gate.name, 'incident', id);
  }
  const own = scopes.find(({ kind }) => kind === 'member');
  if (own && past.at !== null) {
    for (const id of await selectEndedVisits(base, past.at)) add(own.name, 'visitor_pass', id);
    for (const id of await selectEndedEntries(base, past.at)) add(own.name, 'waitlist_entry', id);
  }
  const desk = scopes.find(({ kind }) => kind === 'desk');
  if (desk && past.at !== null) {
    for (const id of await selectEndedInvitations(base, past.at)) add(desk.name, 'invitation', id);
    for (const id of await selectEndedTopups(base, past.at)) add(desk.name, 'topup', id);
  }
  return byEntity;
}
