import type { OutboxView } from './views';

const ops: ReadonlySet<OutboxView['op']> = new Set([
  'topup.sell@1',
  'topup.begin@1',
  'topup.refund@1',
] satisfies OutboxView['op'][]);

/** B8: what of these wishes is about credits that are bought. */
export function topupWishes(outbox: readonly OutboxView[]): OutboxView[] {
  return outbox.filter(({ op }) => ops.has(op));
}

/** The purchase that one of these wishes is about. */
export function topupIdOf({ args }: Pick<OutboxView, 'args'>): string {
  return typeof args['topupId'] === 'string' ? args['topupId'] : '';
}

/** The purchases that one of these wishes is on its way for. */
export function waitingTopups(wishes: readonly OutboxView[]): ReadonlySet<string> {
  return new Set(wishes.filter(({ mark }) => mark === 'waiting').map(topupIdOf));
}
