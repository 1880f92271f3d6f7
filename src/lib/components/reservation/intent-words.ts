import type { TimeRange } from '#shared/domain/time-range';
import type { OutboxView } from '$lib/state/views';
import { formatList, type TimeFormat } from '../time/format';

/** What a wish in the outbox is about, in words a member knows. */
export interface IntentWords {
  readonly title: string;
  /** The window it names; empty when it names none. */
  readonly detail: string;
}

interface Known {
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
  }
  // An outbox may hold what an older build asked for and this one has forgotten.
  return { title: 'A wish of another version of the app', detail };
}

/** The window among a wish's args; null when there is none. */
export function rangeIn(args: Readonly<Record<string, unknown>>): TimeRange | null {
  const { start, end } = args;
  return typeof start === 'number' && typeof end === 'number' ? { start, end } : null;
}
