import type { TimeRange } from '#shared/domain/time-range';
import type { OutboxView } from '$lib/state/views';
import { formatList, type TimeFormat } from '../time/format';

/** What a wish in the outbox is about, in words a member knows. */
export interface IntentWords {
  readonly title: string;
  /** The window it names; empty when it names none. */
  readonly detail: string;
}

/** What has a name here. */
export interface Known {
  readonly slots: readonly { readonly id: string; readonly label: string }[];
  readonly reservations: readonly (TimeRange & { readonly id: string; readonly slotLabel: string })[];
  readonly visitorPasses?: readonly (TimeRange & {
    readonly id: string;
    readonly visitors: readonly { readonly name: string }[];
  })[];
  readonly people?: readonly { readonly id: string; readonly name: string }[];
  /** Whose outbox it is. */
  readonly member?: { readonly id: string } | null;
}

/** Words for a wish: `Reserve A-03`, `Today, 14:00 – 16:00`. What this device does not know is left unsaid. */
export function intentWords(
  wish: Pick<OutboxView, 'op' | 'args'>,
  known: Known,
  now: number,
  format: TimeFormat,
): IntentWords {
  const slot = known.slots.find((candidate) => candidate.id === wish.args['slotId'])?.label ?? 'a slot';
  const reservation = known.reservations.find((candidate) => candidate.id === wish.args['reservationId']);
  const visit = known.visitorPasses?.find((candidate) => candidate.id === wish.args['visitorPassId']);
  const visitors = visit ? formatList(visit.visitors.map(({ name }) => name)) : 'visitors';
  const person = known.people?.find(({ id }) => id === wish.args['memberId'])?.name ?? 'a member';
  const isMe = known.member != null && known.member.id === wish.args['memberId'];
  const window = rangeIn(wish.args) ?? reservation ?? visit ?? null;
  const detail = window ? format.window(window, now) : '';
  switch (wish.op) {
    case 'reservation.create@1':
      return { title: `Reserve ${slot}`, detail };
    case 'reservation.cancel@1':
      return { title: `Cancel ${reservation?.slotLabel ?? 'a reservation'}`, detail };
    case 'reservation.change@1':
      return { title: `Change ${reservation?.slotLabel ?? 'a reservation'}`, detail };
    case 'reservation.lease@1':
      return { title: `Keep ${slot}`, detail };
    case 'reservation.confirm@1':
      return { title: `Book ${reservation?.slotLabel ?? 'a slot'}`, detail };
    case 'reservation.settle@1':
      return { title: 'Close a reservation', detail };
    case 'site.set_policy@1':
      return { title: 'Change the building’s rules', detail: '' };
    case 'site.set_registration@1':
      return { title: 'Change who may join', detail: '' };
    case 'member.set_role@1':
      return { title: `Change the role of ${person}`, detail: '' };
    case 'member.remove@1':
      return isMe ? { title: 'Leave this building', detail: '' } : { title: `Remove ${person}`, detail: '' };
    case 'site.rotate_key@1':
      return { title: 'Make a new signing key', detail: '' };
    case 'share.open@1':
      return { title: `Lend ${slot}`, detail };
    case 'share.close@1':
      return { title: `Take back ${slot}`, detail };
    case 'share.close_free@1':
      return { title: `Take back what is free of ${slot}`, detail };
    case 'share.follow_rules@1':
      return { title: `Follow the weekly rules of ${slot}`, detail: '' };
    case 'visit.ask_to_move@1':
      return { title: 'Ask for your slot back', detail: '' };
    case 'rule.set@1':
      return { title: `Weekly rule of ${slot}`, detail: '' };
    case 'rule.remove@1':
      return { title: `End a weekly rule of ${slot}`, detail: '' };
    case 'slot.claim@1':
      return { title: `Request for slot ${labelIn(wish.args)}`, detail: '' };
    case 'slot.withdraw_claim@1':
      return { title: 'Withdraw a request for a slot', detail: '' };
    case 'slot.decide_claim@1':
      return { title: 'Decide a request for a slot', detail: '' };
    case 'slot.set@1':
      return { title: `Change slot ${labelIn(wish.args)}`, detail: '' };
    case 'slot.place@1':
      return { title: 'Move slots on the map', detail: '' };
    case 'slot.remove@1':
      return { title: `Remove ${slot}`, detail: '' };
    case 'visitor.issue@1':
      return { title: `Make a pass for ${visitors}`, detail };
    case 'visitor.revoke@1':
      return { title: `Revoke the pass of ${visitors}`, detail };
    case 'visitor.link@1':
      return { title: `New link for ${visitors}`, detail };
    case 'visitor.open@1':
      return { title: 'Open a visitor’s link', detail: '' };
    case 'pass.bind@1':
      return reservation
        ? { title: `Move the pass of ${reservation.slotLabel} to this device`, detail }
        : { title: 'Register this device for passes', detail: '' };
    case 'device.revoke@1':
    case 'device.revoke@2':
      return { title: 'Remove a device', detail: '' };
    case 'member.set_plate@1':
      return { title: 'Change your car’s plate', detail: '' };
    case 'scan.record@1':
    case 'scan.record@2':
      return { title: 'Record a scan', detail: '' };
    case 'journal.open@1':
      return { title: 'Open this device’s scan journal', detail: '' };
    case 'incident.close@1':
      return { title: 'Close an incident', detail: '' };
    case 'topup.begin@1':
      return { title: 'Buy credits', detail: '' };
    case 'topup.sell@1':
      return { title: `Sell credits to ${person}`, detail: '' };
    case 'topup.settle@1':
    case 'topup.fail@1':
    case 'topup.refunded@1':
      return { title: 'Close a purchase', detail: '' };
    case 'topup.refund@1':
      return { title: 'Give money back for credits', detail: '' };
    case 'waitlist.join@1':
      return { title: 'Wait for a slot', detail };
    case 'waitlist.leave@1':
      return { title: 'Leave the line', detail };
    case 'waitlist.accept@1':
      return { title: 'Take the slot that was offered', detail };
    case 'waitlist.decline@1':
      return { title: 'Let an offer pass', detail };
    case 'waitlist.offer@1':
    case 'waitlist.lapse@1':
      return { title: 'Serve the waiting line', detail };
    case 'notice.read@1':
      return { title: 'Mark notices as read', detail: '' };
    case 'notice.set_preferences@1':
      return { title: 'Change what you are told', detail: '' };
  }
  // An outbox may hold what an older build asked for and this one has forgotten.
  return { title: 'A wish of another version of the app', detail };
}

function labelIn({ label }: Readonly<Record<string, unknown>>): string {
  return typeof label === 'string' ? label : '';
}

/** The window among a wish's args; null when there is none. */
export function rangeIn(args: Readonly<Record<string, unknown>>): TimeRange | null {
  const { start, end } = args;
  return typeof start === 'number' && typeof end === 'number' ? { start, end } : null;
}
