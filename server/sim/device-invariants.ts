import type { Pool } from 'pg';
import type { PullResponse } from '#shared/protocol/pull';
import { isEntity, rowSchemas } from '#shared/protocol/rows';
import { predict } from '$lib/sync/predict';
import { baseOf } from '$lib/sync/pulled-rows';
import { isReplayed } from '$lib/sync/wish-status';
import type { Findings } from './findings';
import { contentOf, type Copy, type CopyContent, type Install } from './install';
import { callServer } from './call-server';

/** What the journal says of an intent, by its id. */
export type Journal = ReadonlyMap<string, string>;

/** The status of every intent that the server has decided, by the intent's id. */
export async function readJournal(pool: Pick<Pool, 'query'>): Promise<Journal> {
  const { rows } = await pool.query<{ intent_id: string; status: string }>(
    'select intent_id, status from intents',
  );
  return new Map(rows.map((row) => [row.intent_id, row.status]));
}

export interface DeviceCheck {
  readonly install: Install;
  readonly copy: Copy;
  readonly content: CopyContent;
}

/** I7: the copy holds what a device that pulls everything anew gets; answers what differs, null when nothing does. */
export async function differenceToFreshPull(install: Install, origin: string): Promise<string | null> {
  const tab = await install.liveTab();
  await tab.engine.sync();
  const { rows, clientId } = await contentOf(tab);
  const answer = await callServer<PullResponse>(origin, install.token, 'sync.pull', {
    ...{ proto: 1, build: 'sim', clientId, cookie: null },
  });
  const fresh = Object.entries(answer.changes).flatMap(([scope, { put }]) =>
    put.flatMap(({ entity, row }) => {
      if (!isEntity(entity)) return [];
      return [`${scope} ${entity} ${row.id} ${canonical(rowSchemas[entity].parse(row))}`];
    }),
  );
  const held = rows.map(({ scope, entity, id, row }) => `${scope} ${entity} ${id} ${canonical(row)}`);
  const [heldSet, freshSet] = [new Set(held), new Set(fresh)];
  const missing = fresh.filter((row) => !heldSet.has(row));
  const extra = held.filter((row) => !freshSet.has(row));
  if (missing.length + extra.length === 0) return null;
  const show = (list: string[]) => list.slice(0, 3).join('\n      ');
  return `has not\n      ${show(missing)}\n    has\n      ${show(extra)}`;
}

const predictedTables = [
  ...(['reservations', 'slots', 'accounts', 'passes'] as const),
  ...(['waitlistEntries', 'lendingRules', 'topups', 'notices'] as const),
] as const;

/** I7: nothing waits, and what the screens show is what was pulled. */
export function checkPrediction(findings: Findings, { copy, content }: DeviceCheck, now: number): void {
  const { rows, outbox, clientId } = content;
  const replayed = outbox.filter(isReplayed);
  findings.check(
    'I7',
    replayed.length === 0,
    () => `${nameOf(copy)}: still in the outbox when all is quiet: ${JSON.stringify(replayed.slice(0, 2))}`,
  );
  const base = baseOf(rows);
  const [predicted, plain] = [predict(base, outbox, { clientId, now }), predict(base, [], { clientId, now })];
  findings.check('I7', plain !== null, () => `${nameOf(copy)}: nothing was ever pulled`);
  if (!predicted || !plain || replayed.length > 0) return;
  for (const table of predictedTables) {
    const [one, other] = [predicted, plain].map((state) => canonical([...state[table]]));
    findings.check('I7', one === other, () => `${nameOf(copy)}: the prediction differs in ${table}`);
  }
}

/**
 * I8: every wish has its outcome on the server, and the device knows it. `excused` tells of wishes that a restore took
 * back after the device had been told.
 */
export function checkWishes(
  findings: Findings,
  { copy, content }: DeviceCheck,
  journal: Journal,
  excused: (at: number) => boolean,
): void {
  const byId = new Map(content.outbox.map((row) => [row.id, row]));
  for (const { id, intent, at } of copy.wishes) {
    const [decided, row] = [journal.get(id), byId.get(id)];
    if (decided === undefined && excused(at)) continue;
    findings.check(
      'I8',
      decided !== undefined,
      () => `${nameOf(copy)}: ${intent.op} ${id} never reached the server (outbox: ${JSON.stringify(row)})`,
    );
    if (decided === undefined) continue;
    const knows = row ? row.status === decided : decided === 'applied';
    findings.check(
      'I8',
      knows || excused(at),
      () =>
        `${nameOf(copy)}: the server says ${decided} of ${intent.op} ${id}, the outbox ${row?.status ?? 'has forgotten it'}`,
    );
  }
}

/** I8: who is not of the site any more keeps what the server has not decided. */
export function checkKept(findings: Findings, { copy, content }: DeviceCheck, journal: Journal): void {
  const ids = new Set(content.outbox.map(({ id }) => id));
  for (const { id, intent } of copy.wishes) {
    findings.check(
      'I8',
      journal.has(id) || ids.has(id),
      () => `${nameOf(copy)}: ${intent.op} ${id} left the outbox while its member was away, undecided`,
    );
  }
}

function nameOf({ device, member }: Copy): string {
  return `device ${String(device)} (${member.role} ${member.id.slice(-6)})`;
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
