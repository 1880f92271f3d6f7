import { sql } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import type { Role } from '#shared/domain/entities';
import type { PullResponse, ScopeChanges } from '#shared/protocol/pull';
import type { Outcome } from '#shared/protocol/push';
import { queries, rowsOf } from '../../db/queries';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import { GATE_AHEAD, readChanged, selectChangedIds } from './changed-rows';
import { loadingOf, loadScopes } from './load-scopes';
import { memberScopes, type MemberScope } from './member-scopes';
import { isBeyond, readCookie, writeCookie, xminOf, type LoadState, type PullCookie } from './pull-cookie';
import type { Base } from './row-ids';
import { createScopeDigests, type ScopeDigests } from './scope-digests';

export interface PullQuestion {
  readonly siteId: string;
  readonly member: { readonly id: string; readonly role: Role };
  /** In canonical (lower-case) form. */
  readonly clientId: string;
  readonly cookie: string | null;
  /** Rows of one answer, for a device that takes a large scope in several. */
  readonly pages?: number | undefined;
  /** The hash of the device's row schemas, when it wants digests. */
  readonly digests?: string | undefined;
  /** Scopes to be sent anew. */
  readonly reload?: readonly string[] | undefined;
}

export type PullResult =
  | { readonly ok: true; readonly response: PullResponse }
  | { readonly ok: false; readonly code: 'cookie_unreadable' | 'client_foreign' | 'no_site' };

export type Pull = (question: PullQuestion) => Promise<PullResult>;

export interface PullOptions {
  pool: Pool;
  clock: Clock;
  /** Signs the site's list anew when it is too old; before the pull's own transaction, which only reads. */
  statusLists: { ensureFresh(siteId: string): Promise<void> };
  /** Likewise the bundle of the site's public keys. */
  keyBundles: { ensureFresh(siteId: string): Promise<void> };
  logger: Logger;
}

/** When more rows than so many pages hold have changed, a device that takes pages loads anew by pages. */
const MOST_PAGES_OF_CHANGES = 5;
/** How many outcomes a device gets that has no bookmark. */
const RECENT_OUTCOMES = 200;

/**
 * Answers what a device does not have yet, all from one snapshot: rows whose last writer was not visible in the
 * snapshot of its cookie. That loses nothing that commits out of order, as a sequence or a timestamp would; a row
 * may come twice, which is harmless. A scope whose past is not known is sent whole, in `replaceScopes` or by pages.
 */
export function createPull({ pool, clock, statusLists, keyBundles, logger }: PullOptions): Pull {
  const digests = createScopeDigests();
  return async (question) => {
    const cookie = question.cookie === null ? null : readCookie(question.cookie);
    if (question.cookie !== null && cookie === null) return { ok: false, code: 'cookie_unreadable' };
    const scopes = memberScopes(question.siteId, question.member);
    if (scopes.some(({ kind }) => kind === 'gate')) {
      // A guard is better off with the passes and an old list, whose age the device shows, than with nothing.
      await Promise.all([
        statusLists
          .ensureFresh(question.siteId)
          .catch((error: unknown) => logger.error('a status list could not be issued', { error })),
        keyBundles
          .ensureFresh(question.siteId)
          .catch((error: unknown) => logger.error('a key bundle could not be issued', { error })),
      ]);
    }
    const now = clock.now();
    if (question.reload?.length) {
      const kinds = question.reload.map((name) => name.split(':')[0]);
      logger.warn('a device has found its copy to differ and loads it anew', {
        siteId: question.siteId,
        clientId: question.clientId,
        scopes: kinds,
      });
    }
    const limit = question.pages ?? Infinity;
    const context = { cookie, scopes, now, limit, digests };
    return await inTransaction(pool, (client) => pullInside(client, question, context), {
      isolation: 'repeatable read',
      readOnly: true,
    });
  };
}

interface PullContext {
  readonly cookie: PullCookie | null;
  readonly scopes: readonly MemberScope[];
  readonly now: number;
  /** Rows; Infinity for a device that wants all at once. */
  readonly limit: number;
  readonly digests: ScopeDigests;
}

async function pullInside(
  client: PoolClient,
  question: PullQuestion,
  context: PullContext,
): Promise<PullResult> {
  const { siteId, member, clientId } = question;
  const { now } = context;
  const standing = await readStanding(client, { siteId, memberId: member.id, clientId });
  // The session's word for it may be some seconds old.
  if (standing.role === null) return { ok: false, code: 'no_site' };
  const scopes = memberScopes(siteId, { id: member.id, role: standing.role });
  if (standing.memberId !== null && standing.memberId !== member.id)
    return { ok: false, code: 'client_foreign' };

  const past = usablePast(context.cookie, standing);
  const gateHorizon = now + GATE_AHEAD;
  const base: Base = { client, siteId, memberId: member.id, now, gateHorizon };
  const { fresh, begun, changed } = await readNews(base, { question, past, context: { ...context, scopes } });
  const load = await loadScopes(base, { fresh, begun, scopes, limit: context.limit });
  const left = load.left;
  const whole = scopes.filter(({ name }) => !load.changes[name] && !left?.at.some((at) => at.scope === name));

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
        at: now,
        gateHorizon: hasGate ? gateHorizon : null,
        load: left,
      }),
      lastSeq: standing.lastSeq,
      changes: mergeChanges(changed, load.changes),
      replaceScopes: [...load.replaceScopes],
      ...(load.ranges.length > 0 && { ranges: [...load.ranges] }),
      ...(left && { loading: loadingOf(left) }),
      ...(await context.digests.answer(question.digests, whole, base)),
      dropScopes: (context.cookie?.scopes ?? []).filter((name) => !names.includes(name)),
      outcomes: await readOutcomes(client, question, past),
    },
  };
}

interface News {
  /** Scopes to be sent from their beginning. */
  readonly fresh: readonly MemberScope[];
  readonly begun: LoadState | null;
  /** What has changed in all others. */
  readonly changed: Record<string, ScopeChanges>;
}

async function readNews(
  base: Base,
  { question, past, context }: { question: PullQuestion; past: PullCookie | null; context: PullContext },
): Promise<News> {
  const { scopes, limit } = context;
  if (!past) return { fresh: scopes, begun: null, changed: {} };
  // A device that does not take pages (any more) has no use for half a scope.
  const unusable = limit === Infinity ? (past.load?.at.map(({ scope }) => scope) ?? []) : [];
  const anew = new Set([...(question.reload ?? []), ...unusable]);
  const known = scopes.filter(({ name }) => past.scopes.includes(name) && !anew.has(name));
  const changedIds = await selectChangedIds(known, past, base);
  const count = [...changedIds.values()].reduce((sum, ids) => sum + ids.size, 0);
  if (count > MOST_PAGES_OF_CHANGES * limit) return { fresh: scopes, begun: null, changed: {} };
  const at = past.load?.at.filter(({ scope }) => known.some(({ name }) => name === scope)) ?? [];
  return {
    fresh: scopes.filter((scope) => !known.includes(scope)),
    begun: past.load && at.length > 0 ? { ...past.load, at } : null,
    changed: await readChanged(known, changedIds, base),
  };
}

/** What has changed in a scope that is being loaded, before the next of its rows; both are of one snapshot. */
function mergeChanges(
  changed: Record<string, ScopeChanges>,
  loaded: Record<string, ScopeChanges>,
): Record<string, ScopeChanges> {
  const merged = { ...changed };
  for (const [name, { put }] of Object.entries(loaded)) {
    const ids = new Set(put.map(({ entity, row }) => `${entity} ${row.id}`));
    const before = changed[name]?.put.filter(({ entity, row }) => !ids.has(`${entity} ${row.id}`)) ?? [];
    merged[name] = { put: [...before, ...put], del: changed[name]?.del ?? [] };
  }
  return merged;
}

interface Standing {
  readonly snapshot: string;
  readonly epoch: string;
  /** Whose client it is; null when nobody has pushed with it yet. */
  readonly memberId: string | null;
  /** Of who asks; null for who is no member (any more). */
  readonly role: Role | null;
  readonly lastSeq: number;
  /** Tombstones of transactions below this one are gone. */
  readonly prunedBelow: string;
}

async function readStanding(
  client: PoolClient,
  { siteId, memberId, clientId }: { siteId: string; memberId: string; clientId: string },
): Promise<Standing> {
  const [row] = await rowsOf(
    client,
    queries
      .selectFrom('epoch as e')
      .leftJoin('clients as c', (join) => join.on('c.site_id', '=', siteId).on('c.client_id', '=', clientId))
      .leftJoin('members as m', (join) =>
        join.on('m.site_id', '=', siteId).on('m.member_id', '=', memberId).on('m.left_at', 'is', null),
      )
      .select(['e.epoch', 'e.pruned_below', 'c.member_id', 'c.last_seq', 'm.role'])
      .select(sql<string>`pg_current_snapshot()::text`.as('snapshot')),
  );
  if (!row) throw new Error('The table epoch has lost its row');
  return {
    snapshot: row.snapshot,
    epoch: row.epoch,
    memberId: row.member_id,
    role: row.role,
    lastSeq: row.last_seq ?? 0,
    prunedBelow: row.pruned_below,
  };
}

/**
 * The cookie, unless it comes from another history of this database (a restore, another server) or is so old that
 * tombstones it had not seen are gone.
 */
function usablePast(cookie: PullCookie | null, standing: Standing): PullCookie | null {
  if (!cookie || cookie.epoch !== standing.epoch || isBeyond(cookie.snapshot, standing.snapshot)) return null;
  return BigInt(xminOf(cookie.snapshot)) < BigInt(standing.prunedBelow) ? null : cookie;
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
