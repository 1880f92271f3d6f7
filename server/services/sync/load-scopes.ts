import type { Loading, ScopeChanges, ScopeRange } from '#shared/protocol/pull';
import type { Entity, Row } from '#shared/protocol/rows';
import type { MemberScope } from './member-scopes';
import type { LoadPosition, LoadState } from './pull-cookie';
import { countIds, isLarge, selectIds, type Base } from './row-ids';
import { scopeEntities, type EntityReader } from './scope-entities';

/**
 * A scope whose past is not known is sent in pages. Each page has its own snapshot, and so has each answer's news: what
 * changed since the snapshot of the answer before, anywhere in the scope, comes with the page. So after every answer
 * the part of the scope that was passed is as it was in that answer's snapshot, and the one snapshot in the cookie is enough.
 */
export interface Load {
  readonly changes: Record<string, ScopeChanges>;
  /** Scopes that are whole with this answer alone. */
  readonly replaceScopes: readonly string[];
  readonly ranges: readonly ScopeRange[];
  /** Null when nothing is left to send. */
  readonly left: LoadState | null;
}

export interface LoadRequest {
  /** Scopes to be sent from their beginning. */
  readonly fresh: readonly MemberScope[];
  /** Scopes whose load has begun, with how far it had come; `left` of the answer before. */
  readonly begun: LoadState | null;
  readonly scopes: readonly MemberScope[];
  /** Rows of an answer. */
  readonly limit: number;
}

interface Step {
  readonly scope: MemberScope;
  readonly reader: EntityReader;
}

/**
 * Sent last, in this order: what a member needs first is its own. Occupancy before slots, so that a slot that is on a
 * screen is never shown as free because its reservations have not come yet.
 */
const last: readonly Entity[] = ['occupancy', 'slot'];

/** The next rows of the scopes that are not whole. */
export async function loadScopes(base: Base, { fresh, begun, scopes, limit }: LoadRequest): Promise<Load> {
  const steps = stepsOf(scopes);
  const positions = new Map(begun?.at.map((position) => [position.scope, position]));
  for (const { name } of fresh) positions.set(name, startOf(name, steps));
  const changes: Record<string, ScopeChanges> = {};
  const ranges: ScopeRange[] = [];
  let room = limit;
  for (const step of steps) {
    const position = positions.get(step.scope.name);
    if (position?.entity !== step.reader.entity) continue;
    if (room <= 0) break;
    const { rows, upTo } = await readPage(step, base, { after: position.after, limit: room });
    const { scope, entity, after } = position;
    ranges.push({ scope, entity, after, upTo });
    (changes[scope] ??= { put: [], del: [] }).put.push(...rows.map((row) => ({ entity, row })));
    room -= rows.length;
    const next = upTo === null ? nextEntity(step, steps) : entity;
    if (next === null) positions.delete(scope);
    else positions.set(scope, { scope, entity: next, after: upTo });
    if (upTo !== null) break;
  }
  const whole = fresh.flatMap(({ name }) => (positions.has(name) ? [] : [name]));
  for (const name of whole) changes[name] ??= { put: [], del: [] };
  const loaded = (begun?.loaded ?? 0) + limit - room;
  return {
    changes,
    replaceScopes: whole,
    ranges: ranges.filter(({ scope }) => !whole.includes(scope)),
    left: positions.size === 0 ? null : await stateOf(base, steps, positions, { loaded, begun }),
  };
}

/** What the device shows of it. */
export function loadingOf({ loaded, total, at }: LoadState): Loading {
  return { loaded, total, scopes: at.map(({ scope }) => scope) };
}

function stepsOf(scopes: readonly MemberScope[]): Step[] {
  const steps = scopes.flatMap((scope) => scopeEntities[scope.kind].map((reader) => ({ scope, reader })));
  return steps.toSorted((a, b) => last.indexOf(a.reader.entity) - last.indexOf(b.reader.entity));
}

function startOf(scope: string, steps: readonly Step[]): LoadPosition {
  const step = steps.find((one) => one.scope.name === scope);
  if (!step) throw new Error(`${scope} has no entities`);
  return { scope, entity: step.reader.entity, after: null };
}

function nextEntity(step: Step, steps: readonly Step[]): Entity | null {
  const own = steps.filter(({ scope }) => scope.name === step.scope.name);
  return own[own.indexOf(step) + 1]?.reader.entity ?? null;
}

interface Page {
  readonly rows: Row<Entity>[];
  /** The last id looked at; null at the end. */
  readonly upTo: string | null;
}

async function readPage(
  { scope, reader: { entity, hydrate } }: Step,
  base: Base,
  { after, limit }: { after: string | null; limit: number },
): Promise<Page> {
  if (!isLarge(entity)) {
    const rows = (await hydrate({ ...base, ids: null })).filter(({ id }) => after === null || id > after);
    if (rows.length <= limit) return { rows, upTo: null };
    const cut = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
    return { rows: cut, upTo: cut.at(-1)?.id ?? null };
  }
  if (limit === Infinity) return { rows: await hydrate({ ...base, ids: null }), upTo: null };
  const ids = await selectIds({ entity, scope: scope.kind }, base, { after, limit: limit + 1 });
  const upTo = ids.length > limit ? (ids[limit - 1] ?? null) : null;
  const rows = ids.length === 0 ? [] : await hydrate({ ...base, ids: ids.slice(0, limit) });
  return { rows, upTo };
}

async function stateOf(
  base: Base,
  steps: readonly Step[],
  positions: ReadonlyMap<string, LoadPosition>,
  { loaded, begun }: { loaded: number; begun: LoadState | null },
): Promise<LoadState> {
  const at = [...positions.values()];
  // Counted once: how far it has come must not jump because somebody reserves.
  if (begun) return { at, loaded, total: Math.max(begun.total, loaded) };
  let total = loaded;
  for (const { scope, entity, after } of at) {
    const own = steps.filter((step) => step.scope.name === scope);
    const from = own.findIndex(({ reader }) => reader.entity === entity);
    for (const [index, step] of own.slice(from).entries()) {
      const large = { entity: step.reader.entity, scope: step.scope.kind };
      if (isLarge(large.entity)) total += await countIds(large, base, index === 0 ? after : null);
    }
  }
  return { at, loaded, total };
}
