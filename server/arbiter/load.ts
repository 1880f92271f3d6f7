import type { PoolClient } from 'pg';
import { isActive, type Pass, type Reservation, type Scan, type Site } from '#shared/domain/entities';
import { lastUseKey, type State } from '#shared/domain/state';
import { policySchema } from '#shared/protocol/policy';
import { together } from '../db/together';
import { timestamp } from './json-rows';
import { loadVisits } from './load-visitors';
import { lockRows, slotOf, StaleReadError, type Locked } from './locks';
import { loadJournals } from './load-journals';
import { loadLending } from './load-lending';
import { loadNotices } from './load-notices';
import { loadTopups } from './load-topups';
import { loadWaitlist } from './load-waitlist';
import { readEntries } from './read-entries';
import type { ReadPlan } from './read-plan';
import { loadSigningKeys } from './signing-keys';
import { SiteKeys } from './site-keys';

const SITES = {
  name: 'arbiter-load-sites',
  text: `select site_id, name, time_zone, policy, issuance_account_id, registration from sites where site_id = any($1::uuid[])`,
};

const RESERVATION_COLUMNS = `r.site_id, r.reservation_id, r.slot_id, r.member_id, r.state, r.price, r.cost, r.charge, r.receiver_account_id,
  (extract(epoch from r.starts_at) * 1000)::float8 as starts, (extract(epoch from r.ends_at) * 1000)::float8 as ends,
  (extract(epoch from r.hold_expires_at) * 1000)::float8 as hold_expires,
  (extract(epoch from r.created_at) * 1000)::float8 as created, (extract(epoch from r.ended_at) * 1000)::float8 as ended,
  r.offered, (extract(epoch from r.asked_to_move_at) * 1000)::float8 as asked_to_move`;

const RESERVATIONS = {
  name: 'arbiter-load-reservations',
  text: `select ${RESERVATION_COLUMNS}
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, reservation_id)
           join reservations r using (site_id, reservation_id)
         union all
         select ${RESERVATION_COLUMNS}
           from unnest($3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[]) as k(site_id, slot_id, starts, ends)
           join reservations r on r.site_id = k.site_id and r.slot_id = k.slot_id
                and r.state in ('held', 'confirmed') and r.during && tstzrange(k.starts, k.ends)
         union all
         select ${RESERVATION_COLUMNS}
           from unnest($7::uuid[], $8::uuid[]) as k(site_id, member_id)
           join reservations r on r.site_id = k.site_id and r.member_id = k.member_id
                and r.state in ('held', 'confirmed') and r.ends_at > $9::timestamptz`,
};

// Slots of own reservations are read and not locked: of them only label and owner matter, to a pass made anew.
const OTHER_SLOTS = {
  name: 'arbiter-load-other-slots',
  text: `select s.site_id, s.slot_id, s.label, s.level, s.kind, s.owner_id
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, slot_id)
           join slots s using (site_id, slot_id)`,
};

const PASSES = {
  name: 'arbiter-lock-passes',
  text: `select p.site_id, p.pass_id, p.member_id, p.reservation_id, p.visitor_pass_id, p.slot_label, p.plate, p.client_id,
                translate(encode(p.holder_key, 'base64'), E'+/=\\n', '-_') as holder_key, p.kind,
                (extract(epoch from p.not_before) * 1000)::float8 as starts,
                (extract(epoch from p.expires_at) * 1000)::float8 as ends, p.status
           from passes p
          where (p.site_id, p.pass_id) in (
                  select * from unnest($1::uuid[], $2::uuid[])
                  union all
                  select q.site_id, q.pass_id
                    from unnest($3::uuid[], $4::uuid[]) as k(site_id, reservation_id)
                    join passes q using (site_id, reservation_id) where q.status = 'valid'
                  union all
                  -- the others of their reservations that let somebody in; no more than were let in
                  select q.site_id, q.pass_id
                    from (select * from unnest($3::uuid[], $4::uuid[])
                          union
                          select n.site_id, n.reservation_id
                            from unnest($1::uuid[], $2::uuid[]) as m(site_id, pass_id)
                            join passes n using (site_id, pass_id)) as k(site_id, reservation_id)
                    join passes q using (site_id, reservation_id)
                   where $5::boolean and exists (
                     select from scans s where s.site_id = q.site_id and s.pass_id = q.pass_id
                        and (s.counts or s.direction = 'exit' or s.undoes is not null))
                  union all
                  select q.site_id, q.pass_id
                    from unnest($6::uuid[], $7::uuid[]) as k(site_id, visitor_pass_id)
                    join passes q using (site_id, visitor_pass_id) where q.status = 'valid'
                  union all
                  -- the same of visits
                  select q.site_id, q.pass_id
                    from (select * from unnest($6::uuid[], $7::uuid[])
                          union
                          select n.site_id, n.visitor_pass_id
                            from unnest($1::uuid[], $2::uuid[]) as m(site_id, pass_id)
                            join passes n using (site_id, pass_id)) as k(site_id, visitor_pass_id)
                    join passes q using (site_id, visitor_pass_id)
                   where $5::boolean and exists (
                     select from scans s where s.site_id = q.site_id and s.pass_id = q.pass_id
                        and (s.counts or s.direction = 'exit' or s.undoes is not null)))
          order by p.site_id, p.pass_id for no key update of p`,
};

const HOLDER_KEYS = {
  name: 'arbiter-load-holder-keys',
  text: `select h.site_id, h.client_id, h.member_id, (extract(epoch from h.revoked_at) * 1000)::float8 as revoked,
                translate(encode(h.holder_key, 'base64'), E'+/=\\n', '-_') as holder_key
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, client_id)
           join holder_keys h using (site_id, client_id)
         union all
         select h.site_id, h.client_id, h.member_id, (extract(epoch from h.revoked_at) * 1000)::float8,
                translate(encode(h.holder_key, 'base64'), E'+/=\\n', '-_')
           from unnest($3::uuid[], $4::uuid[]) as k(site_id, member_id)
           join holder_keys h using (site_id, member_id)`,
};

const ACCOUNTS = {
  name: 'arbiter-load-accounts',
  text: `select a.site_id, a.account_id, a.balance
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, account_id)
           join accounts a using (site_id, account_id)`,
};

const SCANS = {
  name: 'arbiter-load-scans',
  text: `select s.site_id, s.scan_id, s.pass_id, s.guard_id, s.client_id, s.gate, s.direction, s.result, s.counts, s.reason, s.code,
                s.undoes,
                (extract(epoch from s.scanned_at) * 1000)::float8 as scanned,
                (extract(epoch from s.recorded_at) * 1000)::float8 as recorded
           from unnest($1::uuid[], $2::uuid[]) as k(site_id, scan_id)
           join scans s using (site_id, scan_id)
         union all
         select s.site_id, s.scan_id, s.pass_id, s.guard_id, s.client_id, s.gate, s.direction, s.result, s.counts, s.reason, s.code,
                s.undoes,
                (extract(epoch from s.scanned_at) * 1000)::float8, (extract(epoch from s.recorded_at) * 1000)::float8
           from unnest($3::uuid[], $4::uuid[]) as k(site_id, pass_id)
           join scans s using (site_id, pass_id) where s.counts or s.direction = 'exit' or s.undoes is not null`,
};

// C6: when the owner of each wanted slot last reserved a slot of the wishing member. Unlocked: two who reserve each other's
// slots at the same moment both may, which is one use each and no game.
const LAST_USES = {
  name: 'arbiter-load-last-uses',
  text: `select s.site_id, s.owner_id as user_id, k.member_id as owner_id,
                (extract(epoch from max(r.created_at)) * 1000)::float8 as last
           from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) as k(site_id, slot_id, member_id, since)
           join slots s using (site_id, slot_id)
           join reservations r on r.site_id = s.site_id and r.member_id = s.owner_id and r.created_at > k.since
                and r.state in ('held', 'confirmed', 'completed', 'no_show') and not r.offered
           join slots o on o.site_id = r.site_id and o.slot_id = r.slot_id and o.owner_id = k.member_id
          group by s.site_id, s.owner_id, k.member_id`,
};

/** What a batch reads, by site. A site whose policy cannot be read has no state. */
export interface Loaded {
  readonly states: ReadonlyMap<string, State>;
  /** What is in the database already, `<table>/<site>/<id>`: it is updated and not inserted. */
  readonly stored: ReadonlySet<string>;
  /** Slots whose rows are locked. */
  readonly lockedSlots: SiteKeys;
}

/** Loads, under the locks of `locks.ts`, every row that the rules of the batch read. `now` in ms since 1970. */
export async function loadStates(client: PoolClient, plan: ReadPlan, now: number): Promise<Loaded> {
  const [states, locked, read] = await together([
    loadSites(client, plan),
    lockRows(client, plan),
    readEntries(client, plan.journals),
  ]);
  const stored = new Set<string>();
  for (const row of locked.members) {
    // Known as a client before its member's row was locked: looked at again, the push as a whole is none of a member's.
    if (row.left_at !== null && plan.actors.has(row.site_id, row.member_id))
      throw new StaleReadError('a member left while the locks were being taken');
    const { member_id: id, role, name, plate, left_at: leftAt } = row;
    states.get(row.site_id)?.members.set(id, { id, role, name, plate, leftAt });
  }
  for (const row of locked.slots) {
    states.get(row.site_id)?.slots.set(row.slot_id, slotOf(row));
    stored.add(`slots/${row.site_id}/${row.slot_id}`);
  }
  const [reservations, visits] = await together([
    loadReservations(client, plan, now),
    loadVisits(client, plan, { states, stored, now }),
    loadAccounts(client, locked, states),
    loadHolderKeys(client, plan, states),
    loadLastUses(client, plan, states, now),
    loadSigningKeys(client, plan, states),
    loadLending(client, { plan, locked, now }, states, stored),
    loadWaitlist(client, { plan, locked, now }, states, stored),
    loadTopups(client, { plan, locked }, states, stored),
    loadNotices(client, plan, states),
  ]);
  for (const { siteId, row } of reservations) {
    states.get(siteId)?.reservations.set(row.id, row);
    stored.add(`reservations/${siteId}/${row.id}`);
  }
  checkStillHolds(plan, locked, states);
  const [, passes] = await together([
    loadOtherSlots(client, plan, reservations, states),
    loadPasses(client, { plan, locked, reservations, visits }, states, stored),
  ]);
  await together([
    loadScans(client, plan, passes, states),
    loadJournals(client, { plan: plan.journals, read, passes }, states),
  ]);
  return { states, stored, lockedSlots: locked.slotKeys };
}

async function loadSites(client: PoolClient, plan: ReadPlan): Promise<Map<string, State>> {
  const { rows } = await client.query<{
    site_id: string;
    name: string;
    time_zone: string;
    policy: unknown;
    issuance_account_id: string;
    registration: Site['registration'];
  }>({ ...SITES, values: [[...plan.sites]] });
  const states = new Map<string, State>();
  for (const row of rows) {
    const policy = policySchema.safeParse(row.policy);
    if (!policy.success) continue;
    states.set(
      row.site_id,
      emptyState({
        id: row.site_id,
        name: row.name,
        timeZone: row.time_zone,
        policy: policy.data,
        issuanceAccountId: row.issuance_account_id,
        registration: row.registration,
      }),
    );
  }
  return states;
}

function emptyState(site: Site): State {
  return {
    site,
    members: new Map(),
    slots: new Map(),
    reservations: new Map(),
    accounts: new Map(),
    holderKeys: new Map(),
    passes: new Map(),
    scans: new Map(),
    visitorPasses: new Map(),
    incidents: new Map(),
    journals: new Map(),
    journalReadings: new Map(),
    signingKeys: new Map(),
    lastUses: new Map(),
    slotClaims: new Map(),
    lendingRules: new Map(),
    waitlistEntries: new Map(),
    topups: new Map(),
    nextReceipt: 0,
    notices: new Map(),
    noticePreferences: new Map(),
  };
}

interface SiteRow<R> {
  siteId: string;
  row: R;
}

async function loadReservations(
  client: PoolClient,
  plan: ReadPlan,
  now: number,
): Promise<SiteRow<Reservation>[]> {
  if (plan.reservations.size + plan.windows.slotIds.length + plan.owners.size === 0) return [];
  const { rows } = await client.query<{
    site_id: string;
    reservation_id: string;
    slot_id: string;
    member_id: string;
    state: Reservation['state'];
    price: number;
    cost: number;
    charge: number;
    receiver_account_id: string;
    starts: number;
    ends: number;
    hold_expires: number | null;
    created: number;
    ended: number | null;
    offered: boolean;
    asked_to_move: number | null;
  }>({
    ...RESERVATIONS,
    values: [
      plan.reservations.siteIds,
      plan.reservations.ids,
      plan.windows.siteIds,
      plan.windows.slotIds,
      plan.windows.starts,
      plan.windows.ends,
      plan.owners.siteIds,
      plan.owners.ids,
      timestamp(now),
    ],
  });
  return rows.map((row) => ({
    siteId: row.site_id,
    row: {
      id: row.reservation_id,
      slotId: row.slot_id,
      memberId: row.member_id,
      start: row.starts,
      end: row.ends,
      state: row.state,
      holdExpiresAt: row.hold_expires,
      price: row.price,
      cost: row.cost,
      charge: row.charge,
      receiverAccountId: row.receiver_account_id,
      createdAt: row.created,
      endedAt: row.ended,
      offered: row.offered,
      askedToMoveAt: row.asked_to_move,
    },
  }));
}

/** Whether what was locked by an unlocked look is what the rules will read; if not, the batch begins anew. */
function checkStillHolds(plan: ReadPlan, locked: Locked, states: ReadonlyMap<string, State>): void {
  plan.named.ids.forEach((id, index) => {
    const siteId = plan.named.siteIds[index]!;
    const reservation = states.get(siteId)?.reservations.get(id);
    if (!reservation) return;
    const holds =
      locked.slotKeys.has(siteId, reservation.slotId) &&
      locked.spendable.has(siteId, reservation.receiverAccountId) &&
      (reservation.memberId === null || locked.spendable.has(siteId, reservation.memberId));
    if (!holds) throw new StaleReadError('a reservation appeared while its locks were being taken');
  });
  const { leaving } = plan.memberships;
  for (const [siteId, state] of states) {
    for (const { memberId, slotId, receiverAccountId, ...row } of state.reservations.values()) {
      if (memberId === null || !leaving.has(siteId, memberId) || !isActive(row)) continue;
      if (!locked.slotKeys.has(siteId, slotId) || !locked.spendable.has(siteId, receiverAccountId))
        throw new StaleReadError('a leaving member has reserved while the locks were being taken');
    }
  }
  plan.slotsOfNamed.ids.forEach((id, index) => {
    const siteId = plan.slotsOfNamed.siteIds[index]!;
    const slot = states.get(siteId)?.slots.get(id);
    if (slot && !locked.spendable.has(siteId, slot.ownerId ?? siteId)) {
      throw new StaleReadError('a slot changed hands while its locks were being taken');
    }
  });
}

async function loadAccounts(
  client: PoolClient,
  { spendable }: Locked,
  states: ReadonlyMap<string, State>,
): Promise<void> {
  const { rows } = await client.query<{ site_id: string; account_id: string; balance: number }>({
    ...ACCOUNTS,
    values: [spendable.siteIds, spendable.ids],
  });
  for (const row of rows) {
    states.get(row.site_id)?.accounts.set(row.account_id, { id: row.account_id, balance: row.balance });
  }
}

async function loadHolderKeys(
  client: PoolClient,
  plan: ReadPlan,
  states: ReadonlyMap<string, State>,
): Promise<void> {
  const { rows } = await client.query<{
    site_id: string;
    client_id: string;
    member_id: string;
    holder_key: string;
    revoked: number | null;
  }>({
    ...HOLDER_KEYS,
    values: [plan.clients.siteIds, plan.clients.ids, plan.deviceOwners.siteIds, plan.deviceOwners.ids],
  });
  for (const row of rows) {
    const key = {
      clientId: row.client_id,
      memberId: row.member_id,
      key: row.holder_key,
      revokedAt: row.revoked,
    };
    states.get(row.site_id)?.holderKeys.set(key.clientId, key);
  }
}

/** Only of sites that want a pause between mutual bookings. */
async function loadLastUses(
  client: PoolClient,
  { lastUses }: ReadPlan,
  states: ReadonlyMap<string, State>,
  now: number,
): Promise<void> {
  const coolingOff = lastUses.siteIds.map((siteId) => states.get(siteId)?.site.policy.coolingOff ?? 0);
  if (coolingOff.every((pause) => pause === 0)) return;
  const { rows } = await client.query<{ site_id: string; user_id: string; owner_id: string; last: number }>({
    ...LAST_USES,
    values: [
      lastUses.siteIds,
      lastUses.slotIds,
      lastUses.memberIds,
      coolingOff.map((pause) => timestamp(now - pause)),
    ],
  });
  for (const row of rows) {
    states.get(row.site_id)?.lastUses.set(lastUseKey(row.user_id, row.owner_id), row.last);
  }
}

/** Of a slot of which only label and owner matter. */
const withoutWindows = {
  opened: [],
  closed: [],
  rulesRevision: 0,
  followedRevision: 0,
  followedUntil: null,
  position: null,
} as const;

async function loadOtherSlots(
  client: PoolClient,
  plan: ReadPlan,
  reservations: readonly SiteRow<Reservation>[],
  states: ReadonlyMap<string, State>,
): Promise<void> {
  const missing = reservations.filter(
    ({ siteId, row }) =>
      row.memberId !== null &&
      plan.passOwners.has(siteId, row.memberId) &&
      !states.get(siteId)?.slots.has(row.slotId),
  );
  if (missing.length === 0) return;
  const { rows } = await client.query<{
    site_id: string;
    slot_id: string;
    label: string;
    level: string;
    kind: 'car';
    owner_id: string | null;
  }>({
    ...OTHER_SLOTS,
    values: [missing.map(({ siteId }) => siteId), missing.map(({ row }) => row.slotId)],
  });
  for (const row of rows) {
    states.get(row.site_id)?.slots.set(row.slot_id, {
      id: row.slot_id,
      label: row.label,
      level: row.level,
      kind: row.kind,
      ownerId: row.owner_id,
      ownerName: null,
      lent: [],
      ...withoutWindows,
    });
  }
}

async function loadPasses(
  client: PoolClient,
  read: {
    plan: ReadPlan;
    locked: Locked;
    reservations: readonly SiteRow<Reservation>[];
    visits: SiteKeys;
  },
  states: ReadonlyMap<string, State>,
  stored: Set<string>,
): Promise<SiteKeys> {
  const { plan, locked, reservations, visits } = read;
  const keys = new SiteKeys();
  const concerned = reservations.filter(
    ({ siteId, row }) =>
      plan.named.has(siteId, row.id) || (row.memberId !== null && plan.passOwners.has(siteId, row.memberId)),
  );
  if (plan.passes.size + concerned.length + visits.size === 0) return keys;
  const { rows } = await client.query<{
    site_id: string;
    pass_id: string;
    member_id: string;
    reservation_id: string | null;
    visitor_pass_id: string | null;
    slot_label: string;
    plate: string;
    client_id: string | null;
    holder_key: string | null;
    kind: Pass['kind'];
    starts: number;
    ends: number;
    status: Pass['status'];
  }>({
    ...PASSES,
    values: [
      plan.passes.siteIds,
      plan.passes.ids,
      concerned.map(({ siteId }) => siteId),
      concerned.map(({ row }) => row.id),
      plan.uses,
      visits.siteIds,
      visits.ids,
    ],
  });
  for (const row of rows) {
    if (plan.uses && !locked.memberKeys.has(row.site_id, row.member_id)) {
      throw new StaleReadError('a pass appeared while the locks were being taken');
    }
    keys.add(row.site_id, row.pass_id);
    stored.add(`passes/${row.site_id}/${row.pass_id}`);
    states.get(row.site_id)?.passes.set(row.pass_id, {
      id: row.pass_id,
      memberId: row.member_id,
      reservationId: row.reservation_id,
      visitorPassId: row.visitor_pass_id,
      slotLabel: row.slot_label,
      plate: row.plate,
      clientId: row.client_id,
      holderKey: row.holder_key,
      kind: row.kind,
      notBefore: row.starts,
      expiresAt: row.ends,
      status: row.status,
    });
  }
  return keys;
}

async function loadScans(
  client: PoolClient,
  plan: ReadPlan,
  passes: SiteKeys,
  states: ReadonlyMap<string, State>,
): Promise<void> {
  if (!plan.uses) return;
  const { rows } = await client.query<{
    site_id: string;
    scan_id: string;
    pass_id: string | null;
    guard_id: string;
    client_id: string;
    gate: number;
    direction: Scan['direction'];
    undoes: string | null;
    result: Scan['result'];
    counts: boolean;
    reason: string;
    code: string;
    scanned: number;
    recorded: number;
  }>({
    ...SCANS,
    values: [plan.scans.siteIds, plan.scans.ids, passes.siteIds, passes.ids],
  });
  for (const row of rows) {
    states.get(row.site_id)?.scans.set(row.scan_id, {
      id: row.scan_id,
      passId: row.pass_id,
      guardId: row.guard_id,
      clientId: row.client_id,
      gate: row.gate,
      direction: row.direction,
      undoes: row.undoes,
      // Of stored scans no rule asks for their place.
      journal: null,
      scannedAt: row.scanned,
      recordedAt: row.recorded,
      result: row.result,
      counts: row.counts,
      reason: row.reason,
      code: row.code,
    });
  }
}
