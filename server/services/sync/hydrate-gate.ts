import type { Row } from '#shared/protocol/rows';
import { queries, rowsOf } from '../../db/queries';
import { among, base64url, type Hydration } from './hydration';

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
      .select(['p.status', 'p.code', 'p.client_id'])
      .where('p.site_id', '=', hydration.siteId)
      .where('p.expires_at', '>', new Date(hydration.now - KEPT_FOR))
      .where('p.not_before', '<', new Date(hydration.gateHorizon))
      .where(among('p.pass_id', hydration.ids)),
  );
  return rows.map((row) => ({
    id: row.pass_id,
    slotLabel: row.slot_label,
    plate: row.plate,
    personName: row.name,
    kind: row.kind,
    notBefore: row.not_before.getTime(),
    expiresAt: row.expires_at.getTime(),
    status: row.status,
    code: row.code,
    bound: row.client_id !== null,
  }));
}

export async function hydrateSigningKeys({ client, siteId, ids }: Hydration): Promise<Row<'signing_key'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('signing_keys')
      .select(['key_id', 'x', 'y', 'valid_from', 'valid_until'])
      .where('site_id', '=', siteId)
      .where(among('key_id', ids)),
  );
  return rows.map((row) => ({
    id: row.key_id,
    siteId,
    x: Buffer.from(row.x).toString('hex'),
    y: Buffer.from(row.y).toString('hex'),
    from: Math.floor(row.valid_from.getTime() / 1000),
    until: Math.floor(row.valid_until.getTime() / 1000),
  }));
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
      .select(['s.result', 's.counts', 's.reason'])
      .where('s.site_id', '=', siteId)
      .where(({ or, and, eb }) =>
        or([
          eb('s.recorded_at', '>', new Date(now - KEPT_FOR)),
          and([eb('s.counts', '=', true), eb('p.expires_at', '>', new Date(now - KEPT_FOR))]),
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
  }));
}

/**
 * What time alone moved since the last pull at `from` (ms), with its horizon: passes that came near enough, and passes
 * and scans that were kept for long enough. No transaction touched them, so the change index does not know.
 */
export async function selectMovedByTime(
  { client, siteId, now, gateHorizon }: Hydration,
  last: { readonly at: number; readonly gateHorizon: number },
): Promise<{ gate_pass: string[]; scan: string[] }> {
  const [keptBefore, keptNow] = [new Date(last.at - KEPT_FOR), new Date(now - KEPT_FOR)];
  const passes = await rowsOf(
    client,
    queries
      .selectFrom('passes')
      .select('pass_id')
      .where('site_id', '=', siteId)
      .where(({ or, and, eb }) =>
        or([
          and([
            eb('not_before', '>=', new Date(last.gateHorizon)),
            eb('not_before', '<', new Date(gateHorizon)),
          ]),
          and([eb('expires_at', '>', keptBefore), eb('expires_at', '<=', keptNow)]),
        ]),
      ),
  );
  const scans = await rowsOf(
    client,
    queries
      .selectFrom('scans as s')
      .leftJoin('passes as p', (join) =>
        join.onRef('p.site_id', '=', 's.site_id').onRef('p.pass_id', '=', 's.pass_id'),
      )
      .select('s.scan_id')
      .where('s.site_id', '=', siteId)
      .where(({ or, and, eb }) =>
        or([
          and([eb('s.recorded_at', '>', keptBefore), eb('s.recorded_at', '<=', keptNow)]),
          and([
            eb('s.counts', '=', true),
            eb('p.expires_at', '>', keptBefore),
            eb('p.expires_at', '<=', keptNow),
          ]),
        ]),
      ),
  );
  return { gate_pass: passes.map((row) => row.pass_id), scan: scans.map((row) => row.scan_id) };
}
