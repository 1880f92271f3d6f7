import * as z from 'zod/mini';
import { epochMilliseconds } from '#shared/protocol/ops';
import { isEntity, type Entity } from '#shared/protocol/rows';

/** What a device gives back at its next pull; opaque to it. */
export interface PullCookie {
  readonly epoch: string;
  /** pg_snapshot as text: the device has all that was visible in it. */
  readonly snapshot: string;
  /** The scopes it has a copy of. */
  readonly scopes: readonly string[];
  /** When the pull was, epoch ms; null when an older build wrote it. */
  readonly at: number | null;
  /** Epoch ms up to which passes that begin later have been sent to a gate; null without a gate scope. */
  readonly gateHorizon: number | null;
  /** What of these scopes is still to be sent; null when the device has them whole. */
  readonly load: LoadState | null;
}

/** Of `scope` the entities before `entity` are sent, in the order of a load, and of it the rows up to the id `after`. */
export interface LoadPosition {
  readonly scope: string;
  readonly entity: Entity;
  readonly after: string | null;
}

export interface LoadState {
  readonly at: readonly LoadPosition[];
  /** Rows sent since the load began, and about how many there will have been. */
  readonly loaded: number;
  readonly total: number;
}

/** The wire takes cookies up to this length. */
const LENGTH_LIMIT = 4096;

const loadSchema = z.object({
  at: z
    .array(
      z.object({
        scope: z.string().check(z.maxLength(100)),
        entity: z.custom<Entity>((name) => typeof name === 'string' && isEntity(name)),
        after: z.nullable(z.uuid()),
      }),
    )
    .check(z.minLength(1), z.maxLength(20)),
  loaded: z.int().check(z.minimum(0)),
  total: z.int().check(z.minimum(0)),
});

const cookieSchema = z.object({
  // 2 while a load goes on: a server from before loads, after a roll-back, would take such scopes for whole.
  v: z.union([z.literal(1), z.literal(2)]),
  epoch: z.uuid(),
  snapshot: z.string().check(z.refine((text) => parseSnapshot(text) !== null)),
  scopes: z.array(z.string().check(z.maxLength(100))).check(z.maxLength(20)),
  at: z.optional(epochMilliseconds),
  gateHorizon: z.nullable(epochMilliseconds),
  load: z.optional(loadSchema),
});

/**
 * The cookie as base64url JSON, never longer than the wire takes. A snapshot with very many transactions under way is
 * cut down to its xmin: the next pull then sends some rows a second time, and loses none.
 */
export function writeCookie(cookie: PullCookie): string {
  const text = encode(cookie);
  if (text.length <= LENGTH_LIMIT) return text;
  const xmin = cookie.snapshot.split(':')[0] ?? '';
  return encode({ ...cookie, snapshot: `${xmin}:${xmin}:` });
}

/** Null when it was not written by `writeCookie`. */
export function readCookie(text: string): PullCookie | null {
  try {
    const parsed = cookieSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    if (!parsed.success) return null;
    return { ...parsed.data, at: parsed.data.at ?? null, load: parsed.data.load ?? null };
  } catch {
    return null;
  }
}

/** Whether the snapshot has seen transactions that this database has not begun: it comes from another history. */
export function isBeyond(snapshot: string, current: string): boolean {
  const [theirs, ours] = [parseSnapshot(snapshot), parseSnapshot(current)];
  return theirs === null || ours === null || theirs.xmax > ours.xmax;
}

/** The oldest transaction that was under way: whatever changed before it, the snapshot has seen. */
export function xminOf(snapshot: string): string {
  return snapshot.slice(0, snapshot.indexOf(':'));
}

interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
}

const LARGEST_XID8 = 2n ** 63n;

/** Reads `xmin:xmax:xip,…` by the rules of Postgres' own pg_snapshot_in, so that a cast of what passes cannot fail. */
function parseSnapshot(text: string): Snapshot | null {
  const match = /^(\d{1,19}):(\d{1,19}):((?:\d{1,19}(?:,\d{1,19})*)?)$/.exec(text);
  if (!match) return null;
  const [xmin, xmax] = [BigInt(match[1] ?? ''), BigInt(match[2] ?? '')];
  if (xmin === 0n || xmax < xmin || xmax >= LARGEST_XID8) return null;
  let last = xmin;
  for (const part of match[3] ? match[3].split(',') : []) {
    const xid = BigInt(part);
    if (xid < last || xid >= xmax) return null;
    last = xid;
  }
  return { xmin, xmax };
}

function encode(cookie: PullCookie): string {
  const { load, at, ...rest } = cookie;
  const known = { ...rest, ...(at !== null && { at }) };
  const text = JSON.stringify(load === null ? { v: 1, ...known } : { v: 2, ...known, load });
  return Buffer.from(text).toString('base64url');
}
