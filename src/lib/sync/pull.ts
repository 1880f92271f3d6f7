import { PROTOCOL_VERSION } from '#shared/protocol/push';
import type { PullResponse } from '#shared/protocol/pull';
import { isEntity, rowSchemas } from '#shared/protocol/rows';
import type { Failure, Result } from '$lib/api/sync-api';
import { readMeta, writeMeta, type DeviceDatabase, type StoredRow } from '$lib/client-db/database';
import type { PassDependencies } from './dependencies';
import { settle } from './outbox';
import { storing } from './storing';

/** What a pull says beside the rows. */
export interface Pulled {
  readonly serverNow: number;
  /** The server has seqs of this client that this database never gave: another copy of it is in use. */
  readonly forked: boolean;
}

interface Bookmark {
  readonly clientId: string;
  /** As the database has it: another one when the answer is applied means that another tab was quicker. */
  readonly stored: string | null;
  /** What the server is asked with; null fetches everything. */
  readonly cookie: string | null;
}

/** The entities this build can read, as one text. */
const knownEntities = Object.keys(rowSchemas).toSorted().join(' ');

/**
 * Fetches what changed since the last pull and makes it part of the rows in one transaction. A bookmark that the
 * server cannot read is not used and everything fetched anew; the outbox is never touched by that. Nothing is written
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
  return db.transaction('r', db.meta, async () => {
    const clientId = await readMeta(db, 'clientId');
    if (clientId === undefined) throw new Error('a database without clientId cannot pull');
    const stored = (await readMeta(db, 'cookie')) ?? null;
    // Rows that another build skipped would never come down again after their cookie.
    const readable = (await readMeta(db, 'entities')) === knownEntities;
    return { clientId, stored, cookie: readable ? stored : null };
  });
}

async function fetchAndApply(dependencies: PassDependencies, bookmark: Bookmark): Promise<Result<Pulled>> {
  const { db, api, clock, build, memberId } = dependencies;
  const startedAt = clock.now();
  const { clientId, cookie } = bookmark;
  const answer = await api.pull({ proto: PROTOCOL_VERSION, build, clientId, cookie });
  if (!answer.ok) return answer;
  const response = answer.value;
  if (isForeign(response, memberId)) return failed({ kind: 'coded', code: 'client_foreign' });
  const puts = readPuts(response);
  if (puts === null) return failed({ kind: 'unreadable' });
  // Half the round trip is the best guess at when the server looked at its clock.
  const serverOffset = Math.round(response.serverNow - (startedAt + clock.now()) / 2);
  const applied = await storing(db, () => apply(db, bookmark, { response, puts, serverOffset }));
  if (!applied.ok) return applied;
  return { ok: true, value: { serverNow: response.serverNow, forked: applied.value } };
}

function failed(failure: Failure): Result<never> {
  return { ok: false, failure };
}

/** The session has become another member's: its rows must not come in here, nor this queue go out there. */
function isForeign(response: PullResponse, memberId: string): boolean {
  const own = `member:${memberId}`;
  const sent = [...Object.keys(response.changes), ...response.replaceScopes];
  return (
    response.dropScopes.includes(own) || sent.some((scope) => scope.startsWith('member:') && scope !== own)
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
}

/**
 * Rows, bookmark, outcomes and the end of outbox rows whose effects are now in the rows, in one transaction. When
 * another tab has pulled meanwhile, this answer is older or equal: it is dropped, the next pull starts from there.
 */
async function apply(db: DeviceDatabase, bookmark: Bookmark, incoming: Incoming): Promise<boolean> {
  const { response } = incoming;
  return db.transaction('rw', db.rows, db.outbox, db.meta, async () => {
    const current = (await readMeta(db, 'cookie')) ?? null;
    const clientId = await readMeta(db, 'clientId');
    if (current !== bookmark.stored || clientId !== bookmark.clientId) return false;
    await applyRows(db, incoming);
    await settle(db, response.outcomes);
    await forgetFinished(db, response.lastSeq);
    await writeMeta(db, {
      cookie: response.cookie,
      entities: knownEntities,
      lastSeq: response.lastSeq,
      asOf: response.serverNow,
      serverOffset: incoming.serverOffset,
    });
    return response.lastSeq >= ((await readMeta(db, 'nextSeq')) ?? 1);
  });
}

async function applyRows(db: DeviceDatabase, { response, puts }: Incoming): Promise<void> {
  const replaced = [...response.replaceScopes, ...response.dropScopes];
  if (replaced.length > 0) await db.rows.where('scope').anyOf(replaced).delete();
  const removed = Object.entries(response.changes).flatMap(([scope, { del }]) =>
    del.map(({ entity, id }): [string, string, string] => [scope, entity, id]),
  );
  if (removed.length > 0) await db.rows.bulkDelete(removed);
  if (puts.length > 0) await db.rows.bulkPut([...puts]);
}

/** Outbox rows up to `lastSeq` that are applied are in the rows now; those that were dismissed nobody needs. */
async function forgetFinished(db: DeviceDatabase, lastSeq: number): Promise<void> {
  await db.outbox
    .where('seq')
    .belowOrEqual(lastSeq)
    .filter((row) => row.status === 'applied' || row.dismissed)
    .delete();
}
