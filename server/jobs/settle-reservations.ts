import type { Pool } from 'pg';
import { MAXIMUM_INTENTS, type WireIntent } from '#shared/protocol/push';
import type { Push, SubmitResult } from '../arbiter/push';
import type { Clock } from '../platform/clock';

export interface SettleOptions {
  readonly pool: Pool;
  readonly arbiter: { submit(push: Push): Promise<SubmitResult> };
  readonly clock: Clock;
  readonly newId: () => string;
}

/** Reservations a run settles at most: some seconds, so that a server that is told to end need not wait long. */
const AT_ONCE = 20 * MAXIMUM_INTENTS;
/** Milliseconds for which what could not be settled, a reservation or a whole site, stands in nobody's way. */
const PAUSE = 10 * 60_000;

/** The site's own client in this process: like a device's, its seqs count up by one. */
interface SiteClient {
  readonly clientId: string;
  seq: number;
}

/**
 * C3, B7: makes a `reservation.settle` intent for reservations whose time is over by the server's clock, oldest first. Safe
 * to run at any time and again: what is settled already is refused. Resolves with how many were settled; rejects with an
 * AggregateError when a site's could not be, after those of all others.
 */
export function createSettling(options: SettleOptions): () => Promise<number> {
  const clients = new Map<string, SiteClient>();
  /** By site or reservation id: until when it is left alone. */
  const paused = new Map<string, number>();
  return async () => {
    const now = options.clock.now();
    for (const [id, until] of paused) if (until <= now) paused.delete(id);
    const failures: unknown[] = [];
    let settled = 0;
    for (const [siteId, reservationIds] of await findDue(options, [...paused.keys()])) {
      try {
        for (let at = 0; at < reservationIds.length; at += MAXIMUM_INTENTS) {
          const client = clientOf(clients, siteId, options.newId);
          const part = reservationIds.slice(at, at + MAXIMUM_INTENTS);
          const left = await settle(options, { siteId, client }, part);
          settled += part.length - left.length;
          for (const id of left) paused.set(id, now + PAUSE);
        }
      } catch (error) {
        // Whether the server has these seqs is not known: the next push begins as a new client.
        clients.delete(siteId);
        paused.set(siteId, now + PAUSE);
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'some reservations could not be settled');
    return settled;
  };
}

/** Reservation ids by site, without what is paused. */
async function findDue(
  { pool, clock }: SettleOptions,
  paused: readonly string[],
): Promise<Map<string, string[]>> {
  const { rows } = await pool.query<{ site_id: string; reservation_id: string }>({
    name: 'jobs-find-due-reservations',
    text: `select site_id, reservation_id from reservations
            where state in ('held', 'confirmed') and ends_at <= $1
              and site_id <> all($3::uuid[]) and reservation_id <> all($3::uuid[])
            order by ends_at limit $2`,
    values: [new Date(clock.now()), AT_ONCE, paused],
  });
  const bySite = new Map<string, string[]>();
  for (const row of rows) {
    const ids = bySite.get(row.site_id);
    if (ids) ids.push(row.reservation_id);
    else bySite.set(row.site_id, [row.reservation_id]);
  }
  return bySite;
}

function clientOf(clients: Map<string, SiteClient>, siteId: string, newId: () => string): SiteClient {
  const known = clients.get(siteId) ?? { clientId: newId(), seq: 0 };
  clients.set(siteId, known);
  return known;
}

/** The reservations that were not settled: others were quicker, or they cannot be decided. */
async function settle(
  { arbiter, clock, newId }: SettleOptions,
  { siteId, client }: { siteId: string; client: SiteClient },
  reservationIds: readonly string[],
): Promise<string[]> {
  const intents = reservationIds.map((reservationId): WireIntent => ({
    seq: ++client.seq,
    id: newId(),
    op: 'reservation.settle@1',
    args: { reservationId },
    deviceTime: clock.now(),
    expiresAt: null,
  }));
  const result = await arbiter.submit({
    siteId,
    member: { id: siteId, role: 'system', name: 'Undercroft' },
    clientId: client.clientId,
    intents,
  });
  if (!result.ok) throw new Error(`reservations that are over could not be settled: ${result.code}`);
  return reservationIds.filter((_id, index) => result.outcomes[index]?.status !== 'applied');
}
