import { Dexie } from 'dexie';
import { schemaHashes } from '#shared/protocol/history';
import { PROTOCOL_VERSION } from '#shared/protocol/push';
import { MAXIMUM_PAGE, type PullRequest, type PullResponse, type ScopeRange } from '#shared/protocol/pull';
import { isEntity, rowSchemas } from '#shared/protocol/rows';
import type { Failure, Result } from '$lib/api/sync-api';
import { readMeta, writeMeta, type DeviceDatabase, type StoredRow } from '$lib/client-db/database';
import { compareCopy, isCheckDue } from './copy-check';
import type { PassDependencies } from './dependencies';
import { putAside, takeBack } from './finished';
import { orPlain } from './older-server';
import { settle } from './outbox';
import { storing } from './storing';

/** What a pull says beside the rows. */
export interface Pulled {
  readonly serverNow: number;
  /** The server has seqs of this client that this database never gave: another copy of it is in use. */
  readonly forked: boolean;
  /** The server has lost seqs of this client; what may be sent again is in the outbox again. */
  readonly forgotten: boolean;
  /** Another pull is to follow: more of a load, or scopes that differ from the server's. */
  readonly more: boolean;
}

interface Bookmark {
  readonly clientId: string;
  /** As the database has it: another one when the answer is applied means that another tab was quicker. */
  readonly stored: string | null;
  /** What the server is asked with; null fetches everything. */
  readonly cookie: string | null;
  readonly reload: readonly string[];
  readonly pageRows: number;
  /** The last seq that was known as applied before the server was asked. */
  readonly appliedSeq: number;
}

/** On a line so slow that an answer of 1,000 rows does not come within a call's 15 s, this many do at 2 KB/s. */
const MINIMUM_PAGE = 125;
/** Milliseconds. A call that failed earlier than this found no network; one that took so long was too large for it. */
const TIMED_OUT = 10_000;

/**
 * Fetches what changed since the last pull, or the next page of a first load, and makes it part of the rows in one
 * transaction. A bookmark that the server cannot read is not used and everything fetched anew; the outbox is never touched by that. Nothing is written
 * before the answer is there, so on a full device it is this member's answer that fails with `storage_full`.
 */
export async function pull(dependencies: PassDependencies): Promise<Result<Pulled>> {
  const bookmark = await readBookmark(dependencies.db);
  let pulled = await fetchAndApply(dependencies, bookmark);
  if (!pulled.ok && pulled.failure.kind === 'coded' && pulled.failure.code === 'cookie_unreadable') {
    pulled = await fetchAndApply(dependencies, { ...bookmark, cookie: null });
  }
  return pulled;
}

async function readBookmark(db: DeviceDatabase): Promise<Bookmark> {
  return db.transaction('r', db.meta, db.outbox, async () => {
    const clientId = await readMeta(db, 'clientId');
    if (clientId === undefined) throw new Error('a database without clientId cannot pull');
    const stored = (await readMeta(db, 'cookie')) ?? null;
    // What another build skipped of the rows, or could not know, would never come down again after their cookie.
    const readable = (await readMeta(db, 'entities')) === schemaHashes.rows;
    const reload = (await readMeta(db, 'reload')) ?? [];
    const pageRows = (await readMeta(db, 'pageRows')) ?? MAXIMUM_PAGE;
    const applied = await db.outbox.filter(({ status }) => status === 'applied').toArray();
    const appliedSeq = Math.max(0, ...applied.map(({ seq }) => seq));
    return { clientId, stored, cookie: readable ? stored : null, reload, pageRows, appliedSeq };
  });
}

async function fetchAndApply(dependencies: PassDependencies, bookmark: Bookmark): Promise<Result<Pulled>> {
  const { db, clock, memberId } = dependencies;
  const startedAt = clock.now();
  const answer = await ask(dependencies, bookmark);
  if (!answer.ok) {
    const waited = clock.now() - startedAt;
    if (answer.failure.kind === 'unreachable' && waited >= TIMED_OUT) {
      await storing(db, () => askForFewer(db, bookmark));
    }
    return answer;
  }
  const response = answer.value;
  if (isForeign(response, memberId)) return failed({ kind: 'coded', code: 'client_foreign' });
  const puts = readPuts(response);
  if (puts === null) return failed({ kind: 'unreadable' });
  // Half the round trip is the best guess at when the server looked at its clock.
  const serverOffset = Math.round(response.serverNow - (startedAt + clock.now()) / 2);
  const startsAnew = sendsAnew(response, `member:${memberId}`);
  const applied = await storing(db, () => apply(db, bookmark, { response, puts, serverOffset, startsAnew }));
  if (!applied.ok) return applied;
  const differs = await storing(db, () => compareCopy(db, response, clock.now()));
  if (!differs.ok) return differs;
  const more = response.loading !== undefined || differs.value || applied.value.forgotten;
  return { ok: true, value: { ...applied.value, serverNow: response.serverNow, more } };
}

async function ask(dependencies: PassDependencies, bookmark: Bookmark): Promise<Result<PullResponse>> {
  const { db, api, build, clock, digestEvery } = dependencies;
  const { clientId, cookie, reload, pageRows } = bookmark;
  const plain: PullRequest = { proto: PROTOCOL_VERSION, build, clientId, cookie };
  const isDue = await isCheckDue(db, { now: clock.now(), every: digestEvery });
  const full: PullRequest = {
    ...plain,
    pages: pageRows,
    ...(isDue && { digests: schemaHashes.rows }),
    ...(reload.length > 0 && { reload: [...reload] }),
  };
  return orPlain(
    () => api.pull(full),
    () => api.pull(plain),
  );
}

/** A delta that is larger than so many pages becomes a load, so that smaller pages help with any large answer. */
async function askForFewer(db: DeviceDatabase, { pageRows }: Bookmark): Promise<void> {
  if (pageRows > MINIMUM_PAGE) await writeMeta(db, { pageRows: Math.ceil(pageRows / 2) });
}

function failed(failure: Failure): Result<never> {
  return { ok: false, failure };
}

/** The session has become another member's: its rows must not come in here, nor this queue go out there. */
function isForeign(response: PullResponse, memberId: string): boolean {
  const own = `member:${memberId}`;
  const ranges = (response.ranges ?? []).map(({ scope }) => scope);
  const sent = [...Object.keys(response.changes), ...response.replaceScopes, ...ranges];
  return (
    response.dropScopes.includes(own) || sent.some((scope) => scope.startsWith('member:') && scope !== own)
  );
}

function sendsAnew({ replaceScopes, ranges = [] }: PullResponse, scope: string): boolean {
  return (
    replaceScopes.includes(scope) || ranges.some((range) => range.scope === scope && range.after === null)
  );
}

/** Parses every row by its entity's schema; null when one does not fit. Entities of a newer server are skipped. */
function readPuts(response: PullResponse): StoredRow[] | null {
  const rows: StoredRow[] = [];
  for (const [scope, { put }] of Object.entries(response.changes)) {
    for (const { entity, row } of put) {
      if (!isEntity(entity)) continue;
      const parsed = rowSchemas[entity].safeParse(row);
      if (!parsed.success) return null;
      // The schema is the one of the entity, which the compiler cannot follow through the union.
      rows.push({ scope, entity, id: row.id, row: parsed.data } as StoredRow);
    }
  }
  return rows;
}

interface Incoming {
  readonly response: PullResponse;
  readonly puts: readonly StoredRow[];
  readonly serverOffset: number;
  /** Whether the member's own rows are sent from their beginning: the server may have been restored from a backup. */
  readonly startsAnew: boolean;
}

/**
 * Rows, bookmark, outcomes and the end of outbox rows whose effects are now in the rows, in one transaction. When
 * another tab has pulled meanwhile, this answer is older or equal: it is dropped, the next pull starts from there.
 * While a load goes on the rows are not said to be as of any moment, and what is applied goes on being predicted: its
 * effects may be among the rows to come.
 */
async function apply(
  db: DeviceDatabase,
  bookmark: Bookmark,
  incoming: Incoming,
): Promise<Pick<Pulled, 'forked' | 'forgotten'>> {
  const { response } = incoming;
  const { lastSeq, serverNow, loading } = response;
  return db.transaction('rw', db.rows, db.outbox, db.meta, db.finished, async () => {
    const current = (await readMeta(db, 'cookie')) ?? null;
    const clientId = await readMeta(db, 'clientId');
    if (current !== bookmark.stored || clientId !== bookmark.clientId)
      return { forked: false, forgotten: false };
    const known = (await readMeta(db, 'lastSeq')) ?? 0;
    // A push was answered with `applied` for what the server has not decided: between that answer and this one it was
    // restored. No pull had counted it yet, so `lastSeq` alone does not tell.
    const forgotten = lastSeq < known || (incoming.startsAnew && lastSeq < bookmark.appliedSeq);
    await applyRows(db, incoming);
    await settle(db, response.outcomes);
    if (forgotten) await takeBack(db, { clientId, lastSeq, serverNow });
    if (!loading) await putAside(db, { clientId, lastSeq, serverNow });
    await writeMeta(db, {
      cookie: response.cookie,
      entities: schemaHashes.rows,
      lastSeq,
      serverOffset: incoming.serverOffset,
      loading: loading ?? null,
      reload: [],
      pageRows: Math.min(MAXIMUM_PAGE, bookmark.pageRows * 2),
      ...(!loading && { asOf: serverNow }),
    });
    return { forked: lastSeq >= ((await readMeta(db, 'nextSeq')) ?? 1), forgotten };
  });
}

async function applyRows(db: DeviceDatabase, { response, puts }: Incoming): Promise<void> {
  const replaced = [...response.replaceScopes, ...response.dropScopes];
  if (replaced.length > 0) await db.rows.where('scope').anyOf(replaced).delete();
  for (const range of response.ranges ?? []) await deleteRange(db, range);
  const removed = Object.entries(response.changes).flatMap(([scope, { del }]) =>
    del.map(({ entity, id }): [string, string, string] => [scope, entity, id]),
  );
  if (removed.length > 0) await db.rows.bulkDelete(removed);
  if (puts.length > 0) await db.rows.bulkPut([...puts]);
}

function deleteRange(db: DeviceDatabase, { scope, entity, after, upTo }: ScopeRange): Promise<number> {
  return db.rows
    .where('[scope+entity+id]')
    .between([scope, entity, after ?? Dexie.minKey], [scope, entity, upTo ?? Dexie.maxKey], false, true)
    .delete();
}
