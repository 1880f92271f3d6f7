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

const AT_ONCE = 20 * MAXIMUM_INTENTS;

/** The site's own client in this process: like a device's, its seqs count up by one. */
interface SiteClient {
  readonly clientId: string;
  seq: number;
}

/**
 * C3, B7: makes a `reservation.settle` intent for every reservation whose time is over by the server's clock. Safe to run
 * at any time and again: what is settled already is refused. Resolves with how many were settled.
 */
export function createSettling(options: SettleOptions): () => Promise<number> {
  const clients = new Map<string, SiteClient>();
  return async () => {
    let total = 0;
    for (;;) {
      const due = await findDue(options);
      let settled = 0;
      for (const [siteId, reservationIds] of due) {
        for (let at = 0; at < reservationIds.length; at += MAXIMUM_INTENTS) {
          settled += await settle(
            options,
            { siteId, client: clientOf(clients, siteId, options.newId) },
            reservationIds.slice(at, at + MAXIMUM_INTENTS),
          ).catch((error: unknown) => {
            // Whether the server has these seqs is not known: the next push begins as a new client.
            clients.delete(siteId);
            throw error;
          });
        }
      }
      total += settled;
      // What is still there could not be settled now; the next run tries again.
      if (settled < AT_ONCE) return total;
    }
  };
}

/** Reservation ids by site. */
async function findDue({ pool, clock }: SettleOptions): Promise<Map<string, string[]>> {
  const { rows } = await pool.query<{ site_id: string; reservation_id: string }>({
    name: 'jobs-find-due-reservations',
    text: `select site_id, reservation_id from reservations
            where state in ('held', 'confirmed') and ends_at <= $1 order by ends_at limit $2`,
    values: [new Date(clock.now()), AT_ONCE],
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

async function settle(
  { arbiter, clock, newId }: SettleOptions,
  { siteId, client }: { siteId: string; client: SiteClient },
  reservationIds: readonly string[],
): Promise<number> {
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
  return result.outcomes.filter(({ status }) => status === 'applied').length;
}
