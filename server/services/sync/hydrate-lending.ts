import type { DaysOff } from '#shared/domain/entities';
import type { Row } from '#shared/protocol/rows';
import { queries, rowsOf } from '../../db/queries';
import { weekdaysOf } from '../lending/weekday-bits';
import { among, base64url, rangesOf, timeOrNull, type Hydration } from './hydration';

/** C1: in `member:`, why the member's own slots lend what they lend. */
export async function hydrateSlotLending(hydration: Hydration): Promise<Row<'slot_lending'>[]> {
  const own = selectLending(hydration).where('s.owner_id', '=', hydration.memberId);
  return (await rowsOf(hydration.client, own)).map(lendingOf);
}

/** C1: in `desk:`, of all slots that have an owner. */
export async function hydrateDeskSlotLending(hydration: Hydration): Promise<Row<'slot_lending'>[]> {
  const owned = selectLending(hydration).where('s.owner_id', 'is not', null);
  return (await rowsOf(hydration.client, owned)).map(lendingOf);
}

function selectLending({ siteId, ids }: Hydration) {
  return queries
    .selectFrom('slots as s')
    .select(['s.slot_id as id', 's.rules_revision as rulesRevision'])
    .select(['s.followed_revision as followedRevision', 's.followed_until'])
    .select([rangesOf('opened').as('opened'), rangesOf('closed').as('closed')])
    .where('s.site_id', '=', siteId)
    .where('s.removed_at', 'is', null)
    .where(among('s.slot_id', ids));
}

function lendingOf<R extends { followed_until: Date | null }>({ followed_until, ...row }: R) {
  return { ...row, followedUntil: timeOrNull(followed_until) };
}

/** C1: in `member:`, the weekly rules of the member's own slots. */
export async function hydrateRules(hydration: Hydration): Promise<Row<'lending_rule'>[]> {
  const { client, siteId, memberId } = hydration;
  const own = selectRules(hydration)
    .innerJoin('slots as s', (join) =>
      join.onRef('s.site_id', '=', 'r.site_id').onRef('s.slot_id', '=', 'r.slot_id'),
    )
    .where('s.site_id', '=', siteId)
    .where('s.owner_id', '=', memberId);
  return (await rowsOf(client, own)).map(ruleOf);
}

/** C1: in `desk:`, the weekly rules of all slots. */
export async function hydrateDeskRules(hydration: Hydration): Promise<Row<'lending_rule'>[]> {
  return (await rowsOf(hydration.client, selectRules(hydration))).map(ruleOf);
}

function selectRules({ siteId, ids }: Hydration) {
  return queries
    .selectFrom('lending_rules as r')
    .select(['r.rule_id', 'r.slot_id', 'r.weekdays', 'r.from_minute', 'r.until_minute', 'r.starts_on'])
    .select(['r.ends_on', 'r.days_off', 'r.paused', 'r.created_at'])
    .where('r.site_id', '=', siteId)
    .where('r.removed_at', 'is', null)
    .where(among('r.rule_id', ids));
}

interface RuleRow {
  rule_id: string;
  slot_id: string;
  weekdays: number;
  from_minute: number;
  until_minute: number;
  starts_on: string;
  ends_on: string | null;
  days_off: unknown;
  paused: boolean;
  created_at: Date;
}

function ruleOf(row: RuleRow): Row<'lending_rule'> {
  return {
    id: row.rule_id,
    slotId: row.slot_id,
    weekdays: weekdaysOf(row.weekdays),
    from: row.from_minute,
    until: row.until_minute,
    startsOn: row.starts_on,
    endsOn: row.ends_on,
    // Only ever written by the arbiter's write-lending.
    daysOff: row.days_off as DaysOff[],
    paused: row.paused,
    createdAt: row.created_at.getTime(),
  };
}

/** C1: in `member:`, what the member has said is theirs, and what became of it. */
export async function hydrateClaims(hydration: Hydration): Promise<Row<'slot_claim'>[]> {
  const own = selectClaims(hydration).where('member_id', '=', hydration.memberId);
  return (await rowsOf(hydration.client, own)).map(claimOf);
}

/** C1: in `desk:`, the claims that nobody has decided. */
export async function hydrateDeskClaims(hydration: Hydration): Promise<Row<'slot_claim'>[]> {
  const waiting = selectClaims(hydration).where('state', '=', 'waiting');
  return (await rowsOf(hydration.client, waiting)).map(claimOf);
}

function selectClaims({ siteId, ids }: Hydration) {
  return queries
    .selectFrom('slot_claims')
    .select(['claim_id', 'member_id', 'label', 'level', 'kind', 'note', 'photo', 'state', 'slot_id'])
    .select(['created_at', 'decided_at', 'reason'])
    .where('site_id', '=', siteId)
    .where(among('claim_id', ids));
}

interface ClaimRow {
  claim_id: string;
  member_id: string;
  label: string;
  level: string;
  kind: Row<'slot_claim'>['kind'];
  note: string;
  photo: Uint8Array | null;
  state: Row<'slot_claim'>['state'];
  slot_id: string | null;
  created_at: Date;
  decided_at: Date | null;
  reason: string;
}

function claimOf(row: ClaimRow): Row<'slot_claim'> {
  return {
    id: row.claim_id,
    memberId: row.member_id,
    label: row.label,
    level: row.level,
    kind: row.kind,
    note: row.note,
    photo: row.photo === null ? null : base64url(row.photo),
    state: row.state,
    slotId: row.slot_id,
    createdAt: row.created_at.getTime(),
    decidedAt: timeOrNull(row.decided_at),
    reason: row.reason,
  };
}
