import type { Row } from '#shared/protocol/rows';
import { sql } from 'kysely';
import { queries, rowsOf } from '../../db/queries';
import { among, base64url, type Hydration } from './hydration';
import { visitorNames } from './hydrate-visitors';

/** Passes stay in the gate's scope for this long after their end, scans after they were recorded (ms). */
const KEPT_FOR = 24 * 3_600_000;

/**
 * Rows of scope `gate:`: the passes that may come up before the horizon, and those of the last day: "too late" is said
 * only of a pass that is known, and a car may stand there longer than its pass.
 */
export async function hydrateGatePasses(hydration: Hydration): Promise<Row<'gate_pass'>[]> {
  const rows = await rowsOf(
    hydration.client,
    queries
      .selectFrom('passes as p')
      .innerJoin('members as m', (join) =>
        join.onRef('m.site_id', '=', 'p.site_id').onRef('m.member_id', '=', 'p.member_id'),
      )
      .select(['p.pass_id', 'p.slot_label', 'p.plate', 'm.name', 'p.kind', 'p.not_before', 'p.expires_at'])
      .select(['p.status', 'p.code', 'p.holder_key', 'p.visitor_pass_id', 'm.flat'])
      .select(visitorNames('p').as('visitors'))
      .where('p.site_id', '=', hydration.siteId)
      .where('p.expires_at', '>', new Date(hydration.now - KEPT_FOR))
      .where('p.not_before', '<', new Date(hydration.gateHorizon))
      .where(among('p.pass_id', hydration.ids)),
  );
  return rows.map((row) => ({
    id: row.pass_id,
    slotLabel: row.slot_label,
    plate: row.plate,
    personName: row.visitors ?? row.name,
    kind: row.kind,
    notBefore: row.not_before.getTime(),
    expiresAt: row.expires_at.getTime(),
    status: row.status,
    code: row.code,
    bound: row.holder_key !== null,
    visitorPassId: row.visitor_pass_id,
    hostName: row.visitor_pass_id === null ? null : [row.name, row.flat].filter(Boolean).join(', '),
  }));
}

/** Published keys. One that is removed leaves devices by that change of its row, not by time. */
export async function hydrateSigningKeys({ client, siteId, ids }: Hydration): Promise<Row<'signing_key'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('signing_keys')
      .select(['key_id', 'x', 'y', 'valid_from', 'valid_until', 'used_from', 'retired_at'])
      .where('site_id', '=', siteId)
      .where('removed_at', 'is', null)
      .where(among('key_id', ids)),
  );
  return rows.map((row) => ({
    id: row.key_id,
    siteId,
    x: Buffer.from(row.x).toString('hex'),
    y: Buffer.from(row.y).toString('hex'),
    from: Math.floor(row.valid_from.getTime() / 1000),
    until: Math.floor(row.valid_until.getTime() / 1000),
    usedFrom: Math.floor(row.used_from.getTime() / 1000),
    retired: row.retired_at !== null,
  }));
}

/** The site's signed bundle of its public keys, in the gate's scope; none before the first was issued. */
export async function hydrateKeyBundles({ client, siteId, ids }: Hydration): Promise<Row<'key_bundle'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('key_bundles')
      .select(['site_id', 'signed'])
      .where('site_id', '=', siteId)
      .where(among('site_id', ids)),
  );
  return rows.map((row) => ({ id: row.site_id, signed: base64url(row.signed) }));
}

export async function hydrateStatusLists({ client, siteId, ids }: Hydration): Promise<Row<'status_list'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('status_lists')
      .select(['site_id', 'signed'])
      .where('site_id', '=', siteId)
      .where(among('site_id', ids)),
  );
  return rows.map((row) => ({ id: row.site_id, signed: base64url(row.signed) }));
}

/** The scans of the last day, and every use of a pass that is in scope: without it, who came in would seem not to have. */
export async function hydrateScans({ client, siteId, ids, now }: Hydration): Promise<Row<'scan'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('scans as s')
      .innerJoin('members as m', (join) =>
        join.onRef('m.site_id', '=', 's.site_id').onRef('m.member_id', '=', 's.guard_id'),
      )
      .leftJoin('passes as p', (join) =>
        join.onRef('p.site_id', '=', 's.site_id').onRef('p.pass_id', '=', 's.pass_id'),
      )
      .select(['s.scan_id', 's.pass_id', 'm.name', 's.client_id', 's.gate', 's.scanned_at', 's.recorded_at'])
      .select(['s.result', 's.counts', 's.reason', 's.direction', 's.undoes'])
      .select(['s.journal_id', 's.journal_seq', 's.is_genuine'])
      .where('s.site_id', '=', siteId)
      .where(({ or, and, eb }) =>
        or([
          eb('s.recorded_at', '>', new Date(now - KEPT_FOR)),
          and([isPassage, eb('p.expires_at', '>', new Date(now - KEPT_FOR))]),
        ]),
      )
      .where(among('s.scan_id', ids)),
  );
  return rows.map((row) => ({
    id: row.scan_id,
    passId: row.pass_id,
    guardName: row.name,
    clientId: row.client_id,
    gate: row.gate,
    scannedAt: row.scanned_at.getTime(),
    recordedAt: row.recorded_at.getTime(),
    result: row.result,
    counts: row.counts,
    reason: row.reason,
    direction: row.direction,
    undoes: row.undoes,
    journalId: row.journal_id,
    journalSeq: row.journal_seq,
    genuine: row.is_genuine,
  }));
}

/** Tells how often its pass has been used: an entry that let in, an exit, or what was taken back. */
const isPassage = sql<boolean>`(s.counts or s.direction = 'exit' or s.undoes is not null)`;

/**
 * What time alone moved since the last pull at `from` (ms), with its horizon: passes that came near enough, and passes
 * and scans that were kept for long enough. No transaction touched them, so the change index does not know.
 */
export async function selectMovedByTime(
  { client, siteId, now, gateHorizon }: Hydration,
  last: { readonly at: number; readonly gateHorizon: number },
): Promise<{ gate_pass: string[]; scan: string[] }> {
  const [keptBefore, keptNow] = [new Date(last.at - KEPT_FOR), new Date(now - KEPT_FOR)];
  // Unions, so that each half has its index: with "or" the tables would be read whole at each pull.
  const passes = await rowsOf(
    client,
    queries
      .selectFrom('passes')
      .select('pass_id')
      .where('site_id', '=', siteId)
      .where('not_before', '>=', new Date(last.gateHorizon))
      .where('not_before', '<', new Date(gateHorizon))
      // Follows from the first, for the index: few end so late.
      .where('expires_at', '>', new Date(last.gateHorizon))
      .union(
        queries
          .selectFrom('passes')
          .select('pass_id')
          .where('site_id', '=', siteId)
          .where('expires_at', '>', keptBefore)
          .where('expires_at', '<=', keptNow),
      ),
  );
  const scans = await rowsOf(
    client,
    queries
      .selectFrom('scans')
      .select('scan_id')
      .where('site_id', '=', siteId)
      .where('recorded_at', '>', keptBefore)
      .where('recorded_at', '<=', keptNow)
      .union(
        queries
          .selectFrom('passes as p')
          .innerJoin('scans as s', (join) =>
            join.onRef('s.site_id', '=', 'p.site_id').onRef('s.pass_id', '=', 'p.pass_id'),
          )
          .select('s.scan_id')
          .where('p.site_id', '=', siteId)
          .where('p.expires_at', '>', keptBefore)
          .where('p.expires_at', '<=', keptNow)
          .where(isPassage),
      ),
  );
  return { gate_pass: passes.map((row) => row.pass_id), scan: scans.map((row) => row.scan_id) };
}
