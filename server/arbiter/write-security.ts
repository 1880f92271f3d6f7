import type { PoolClient } from 'pg';
import type { DecisionData } from '#shared/domain/intent';
import type { SecurityEventKind } from '#shared/domain/security-event';
import type { Verdict } from './decide-batch';
import { timestamp } from './json-rows';
import type { Wish } from './read-plan';
import { writeRows } from './write-rows';

/** Users by their memberships, as the log names them; an account that is gone leaves nobody. */
const INSERT = {
  name: 'arbiter-insert-security-events',
  text: `insert into security_events (event_id, at, kind, site_id, user_id, actor_user_id, detail)
         select x.event_id, x.at, x.kind, x.site_id, m.user_id, a.user_id, x.detail
           from json_to_recordset($1::json) as x(event_id uuid, at timestamptz, kind text, site_id uuid, member_id uuid,
                actor_id uuid, detail jsonb)
           left join members m on m.site_id = x.site_id and m.member_id = x.member_id
           left join members a on a.site_id = x.site_id and a.member_id = x.actor_id`,
};

interface Told {
  readonly kind: SecurityEventKind;
  /** Whom it concerns, where that is somebody else than who asked. */
  readonly memberId?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** C10: writes what of these decisions belongs in the security log, within the transaction that makes them. */
export async function writeSecurityEvents(
  client: PoolClient,
  decided: { readonly wishes: readonly Wish[]; readonly verdicts: readonly Verdict[] },
  { newId, now }: { newId: () => string; now: number },
): Promise<void> {
  const rows = decided.wishes.flatMap((wish, index) => {
    const told = toldOf(wish, decided.verdicts[index]!);
    if (!told) return [];
    const { siteId, memberId: actorId } = wish;
    return [
      {
        event_id: newId(),
        at: timestamp(now),
        kind: told.kind,
        site_id: siteId,
        member_id: told.memberId ?? actorId,
        actor_id: told.memberId === undefined ? null : actorId,
        detail: told.detail,
      },
    ];
  });
  await writeRows(client, INSERT, rows);
}

/** Null for what the log does not tell of, and for what was asked twice and changed nothing. */
function toldOf({ intent, memberId: actorId }: Wish, { status, data }: Verdict): Told | null {
  if (status !== 'applied') return null;
  switch (intent.op) {
    case 'member.set_role@1': {
      const { memberId, role } = intent.args;
      if (data['before'] === role) return null;
      const whom = memberId === actorId ? {} : { memberId };
      return { kind: 'role_changed', ...whom, detail: { from: data['before'], to: role } };
    }
    case 'member.remove@1': {
      const { memberId } = intent.args;
      const cancelled = data['cancelled'];
      if (!Array.isArray(cancelled)) return null;
      const detail = { cancelled: cancelled.length };
      return memberId === actorId
        ? { kind: 'member_left', detail }
        : { kind: 'member_removed', memberId, detail };
    }
    case 'site.set_registration@1':
      if (data['before'] === undefined) return null;
      return {
        kind: 'registration_changed',
        detail: { from: data['before'], to: intent.args.registration },
      };
    case 'site.rotate_key@1':
      return { kind: 'key_rotated', detail: { keyId: intent.args.keyId } };
    case 'slot.set@1':
      return ownerChange(intent.args.slotId, { ...data, label: intent.args.label });
    case 'slot.remove@1':
    case 'slot.decide_claim@1':
      return ownerChange(String(data['slotId'] ?? intent.args.slotId), data);
    case 'topup.sell@1': {
      const { memberId, topupId, credits, amount, method } = intent.args;
      const detail = { credits, amount, currency: data['currency'], method, topupId };
      return { kind: 'credits_sold', memberId, detail };
    }
    case 'topup.refund@1': {
      const { memberId, credits, amount, currency } = data;
      const detail = { credits, amount, currency, topupId: intent.args.topupId };
      return { kind: 'credits_refunded', memberId: String(memberId), detail };
    }
    default:
      return null;
  }
}

/** Told of who has it now, or had it where it is the site's again; null where the owner stays the same. */
function ownerChange(slotId: string, { from, to, label }: DecisionData): Told | null {
  if (from === undefined || from === to) return null;
  const detail = { slot: label, change: to === null ? 'taken' : 'given', slotId, fromId: from, toId: to };
  return { kind: 'slot_owner_changed', memberId: String(to ?? from), detail };
}
