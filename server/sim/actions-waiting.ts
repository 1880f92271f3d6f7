import type { WaitlistEntry } from '#shared/domain/entities';
import type { Intent } from '#shared/domain/intent';
import { isInLine } from '#shared/domain/waitlist-rules';
import { GRID, type Scene } from './scene';

/** Those who wait want one of few windows, so that they wait for the same. */
const WAITED_FOR = 2 * GRID;

/** A place in line for one of the next windows: half of them for the few small slots, some to be booked without asking. */
export function joinLine({ now, die, newId }: Scene): Intent {
  const start = (Math.floor(now / WAITED_FOR) + 1 + Math.floor(die[1] * 2)) * WAITED_FOR;
  return {
    op: 'waitlist.join@1',
    args: {
      ...{ entryId: newId(), start, end: start + WAITED_FOR },
      kinds: die[0] > 0.5 ? ['small'] : [],
      levels: die[0] < 0.1 ? ['B1'] : [],
      maxPrice: die[2] < 0.15 ? 3 : null,
      takeForMe: die[2] > 0.7,
    },
  };
}

/** Takes what is offered, or lets it pass, or gives the place up. */
export function answerOffer(scene: Scene): Intent | null {
  const offered = own(scene).find(({ state }) => state === 'offered');
  if (!offered) return null;
  const { die } = scene;
  const args = { entryId: offered.id };
  if (die[0] < 0.65) return { op: 'waitlist.accept@1', args };
  return die[0] < 0.85 ? { op: 'waitlist.decline@1', args } : { op: 'waitlist.leave@1', args };
}

export function leaveLine(scene: Scene): Intent | null {
  const entries = own(scene);
  const chosen = entries[Math.floor(scene.die[0] * entries.length)];
  return chosen ? { op: 'waitlist.leave@1', args: { entryId: chosen.id } } : null;
}

/** Whether something is offered to whoever sits there, as far as the device knows. */
export function hasOffer(scene: Scene): boolean {
  return own(scene).some(({ state }) => state === 'offered');
}

function own({ state, member }: Scene): WaitlistEntry[] {
  return [...state.waitlistEntries.values()].filter(
    (entry) => entry.memberId === member.id && isInLine(entry),
  );
}
