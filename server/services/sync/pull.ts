import { sql } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import type { Role } from '#shared/domain/entities';
import type { PullResponse, ScopeChanges } from '#shared/protocol/pull';
import type { Outcome } from '#shared/protocol/push';
import { queries, rowsOf } from '../../db/queries';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import { selectMovedByTime } from './hydrate-gate';
import type { Hydration } from './hydration';
import { memberScopes, type MemberScope } from './member-scopes';
import { isBeyond, readCookie, writeCookie, xminOf, type PullCookie } from './pull-cookie';
import { scopeEntities } from './scope-entities';

export interface PullQuestion {
  readonly siteId: string;
  readonly member: { readonly id: string; readonly role: Role };
  /** In canonical (lower-case) form. */
  readonly clientId: string;
  readonly cookie: string | null;
}

export type PullResult =
  | { readonly ok: true; readonly response: PullResponse }
  | { readonly ok: false; readonly code: 'cookie_unreadable' | 'client_foreign' };

export type Pull = (question: PullQuestion) => Promise<PullResult>;

export interface PullOptions {
  pool: Pool;
  clock: Clock;
  /** Signs the site's list anew when it is too old; before the pull's own transaction, which only reads. */
  statusLists: { ensureFresh(siteId: string): Promise<void> };
  logger: Logger;
}

const HOUR = 3_600_000;
/** How far ahead of now a gate has the passes (ms): a guard may be without signal for a weekend. */
const GATE_AHEAD = 48 * HOUR;
/** How many outcomes a device gets that has no bookmark. */
const RECENT_OUTCOMES = 200;

/**
 * Answers what a device does not have yet, all from one snapshot: rows whose last writer was not visible in the
 * snapshot of its cookie. That loses nothing that commits out of order, as a sequence or a timestamp would; a row
 * may come twice, which is harmless. A scope whose past is not known is sent whole, in `replaceScopes`.
 */
export function createPull({ pool, clock, statusLists, logger }: PullOptions): Pull {
  return async (question) => {
    const cookie = question.cookie === null ? null : readCookie(question.cookie);
    if (question.cookie !== null && cookie === null) return { ok: false, code: 'cookie_unreadable' };
    const scopes = memberScopes(question.siteId, question.member);
    if (scopes.some(({ kind }) => kind === 'gate')) {
      // A guard is better off with the passes and an old list, whose age the device shows, than with nothing.
      await statusLists
        .ensureFresh(question.siteId)
        .catch((error: unknown) => logger.error('a status list could not be issued', { error }));
    }
    const now = clock.now();
    return await inTransaction(pool, (client) => pullInside(client, question, { cookie, scopes, now }), {
      isolation: 'repeatable read',
      readOnly: true,
    });
  };
}

interface PullContext {
  readonly cookie: PullCookie | null;
  readonly scopes: readonly MemberScope[];
  readonly now: number;
}

async function pullInside(
  client: PoolClient,
  question: PullQuestion,
  context: PullContext,
): Promise<PullResult> {
  const { siteId, member, clientId } = question;
  const { scopes, now } = context;
  const standing = await readStanding(client, siteId, clientId);
  if (standing.memberId !== null && standing.memberId !== member.id)
    return { ok: false, code: 'client_foreign' };

  const past = usablePast(context.cookie, standing);
  const known = scopes.filter(({ name }) => past?.scopes.includes(name));
  const fresh = scopes.filter((scope) => !known.includes(scope));
  const gateHorizon = now + GATE_AHEAD;
  const hydration = { client, siteId, memberId: member.id, now, gateHorizon };

  const changes: Record<string, ScopeChanges> = {};
  for (const scope of fresh) changes[scope.name] = await readWhole(scope, hydration);
  if (past) Object.assign(changes, await readChanged(known, past, hydration));

  const hasGate = scopes.some(({ kind }) => kind === 'gate');
  const names = scopes.map(({ name }) => name);
  return {
    ok: true,
    response: {
      serverNow: now,
      cookie: writeCookie({
        epoch: standing.epoch,
        snapshot: standing.snapshot,
        scopes: names,
        gateHorizon: hasGate ? gateHorizon : null,
      }),
      lastSeq: standing.lastSeq,
      changes,
      replaceScopes: fresh.map(({ name }) => name),
      dropScopes: (context.cookie?.scopes ?? []).filter((name) => !names.includes(name)),
      outcomes: await readOutcomes(client, question, past),
    },
  };
}

interface Standing {
  readonly snapshot: string;
  readonly epoch: string;
  /** Whose client it is; null when nobody has pushed with it yet. */
  readonly memberId: string | null;
  readonly lastSeq: number;
}

async function readStanding(client: PoolClient, siteId: string, clientId: string): Promise<Standing> {
  const [row] = await rowsOf(
    client,
    queries
      .selectFrom('epoch as e')
      .leftJoin('clients as c', (join) => join.on('c.site_id', '=', siteId).on('c.client_id', '=', clientId))
      .select(['e.epoch', 'c.member_id', 'c.last_seq'])
      .select(sql<string>`pg_current_snapshot()::text`.as('snapshot')),
  );
  if (!row) throw new Error('The table epoch has lost its row');
  return { snapshot: row.snapshot, epoch: row.epoch, memberId: row.member_id, lastSeq: row.last_seq ?? 0 };
}

/** The cookie, unless it comes from another history of this database (a restore, another server). */
function usablePast(cookie: PullCookie | null, standing: Standing): PullCookie | null {
  if (!cookie || cookie.epoch !== standing.epoch || isBeyond(cookie.snapshot, standing.snapshot)) return null;
  return cookie;
}

type Base = Omit<Hydration, 'ids'>;

async function readWhole(scope: MemberScope, base: Base): Promise<ScopeChanges> {
  const put: ScopeChanges['put'] = [];
  for (const { entity, hydrate } of scopeEntities[scope.kind]) {
    for (const row of await hydrate({ ...base, ids: null })) put.push({ entity, row });
  }
  return { put, del: [] };
}

async function readChanged(
  scopes: readonly MemberScope[],
  past: PullCookie,
  base: Base,
): Promise<Record<string, ScopeChanges>> {
  const changedIds = await selectChangedIds(scopes, past, base);
  const changes: Record<string, ScopeChanges> = {};
  for (const scope of scopes) {
    const found: ScopeChanges = { put: [], del: [] };
    for (const { entity, hydrate } of scopeEntities[scope.kind]) {
      const ids = changedIds.get(`${scope.name} ${entity}`);
      if (!ids) continue;
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

/** The changed rows' ids by `<scope> <entity>`. */
async function selectChangedIds(
  scopes: readonly MemberScope[],
  past: PullCookie,
  base: Base,
): Promise<Map<string, Set<string>>> {
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
  }
  return byEntity;
}

/** This client's outcomes that the last pull did not have, in the order of their seq. */
async function readOutcomes(
  client: PoolClient,
  { siteId, clientId }: PullQuestion,
  past: PullCookie | null,
): Promise<Outcome[]> {
  const own = queries
    .selectFrom('intents')
    .select('outcome')
    .where('site_id', '=', siteId)
    .where('client_id', '=', clientId)
    .orderBy('seq', 'desc');
  const rows = await rowsOf(
    client,
    past
      ? own
          .where(sql<boolean>`xid >= ${xminOf(past.snapshot)}::xid8`)
          .where(sql<boolean>`not pg_visible_in_snapshot(xid, ${past.snapshot}::pg_snapshot)`)
      : own.limit(RECENT_OUTCOMES),
  );
  // As the arbiter wrote it: told again word for word.
  return rows.map((row) => row.outcome as Outcome).reverse();
}
