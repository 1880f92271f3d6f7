import type { LendingRule } from '#shared/domain/entities';
import type { Intent } from '#shared/domain/intent';
import { GRID, type Scene } from './scene';

const DAY_MINUTES = 24 * 60;

export function lend(scene: Scene): Intent | null {
  const args = ownWindow(scene, 12);
  if (!args) return null;
  return { op: 'share.open@1', args: { ...args, ...(scene.die[3] < 0.3 && { again: true as const }) } };
}

export function takeBack(scene: Scene): Intent | null {
  const args = ownWindow(scene, 4);
  return args && { op: 'share.close@1', args };
}

/** Home early: what nobody has reserved; sometimes as the undo of a lending. */
export function closeFree(scene: Scene): Intent | null {
  const args = ownWindow(scene, 6);
  if (!args) return null;
  return { op: 'share.close_free@1', args: { ...args, ...(scene.die[3] < 0.3 && { undo: true as const }) } };
}

/** Makes a weekly rule of the own slot, or changes one: windows that begin and end about now, by the wall clock of the site. */
export function setRule(scene: Scene): Intent | null {
  const { now, die, newId, base } = scene;
  const slot = ownSlot(scene);
  const site = base.site[0];
  if (!slot || !site) return null;
  const rules = rulesOf(scene, slot.id);
  const chosen = die[0] < 0.7 ? rules[Math.floor(die[1] * rules.length)] : undefined;
  const from = wallMinute(now, site.timeZone) - 30 + 5 * Math.floor(die[1] * 12);
  return {
    op: 'rule.set@1',
    args: {
      ...{ ruleId: chosen?.id ?? newId(), slotId: slot.id },
      weekdays: die[2] < 0.2 ? [1, 7] : [7],
      from: (from + DAY_MINUTES) % DAY_MINUTES,
      until: (from + DAY_MINUTES + 15 + 5 * Math.floor(die[2] * 12)) % DAY_MINUTES,
      ...{ startsOn: '2026-03-01', endsOn: null },
      daysOff: die[3] > 0.85 ? [{ from: '2026-03-29', until: '2026-04-06' }] : [],
      paused: die[3] < 0.1,
    },
  };
}

export function removeRule(scene: Scene): Intent | null {
  const slot = ownSlot(scene);
  const rules = slot ? rulesOf(scene, slot.id) : [];
  const chosen = rules[Math.floor(scene.die[0] * rules.length)];
  return chosen ? { op: 'rule.remove@1', args: { ruleId: chosen.id, slotId: chosen.slotId } } : null;
}

/** The owner asks whoever parks there now for the slot. */
export function askToMove({ base, now, die }: Scene): Intent | null {
  const running = base.visit.filter(({ start, end }) => start <= now && now < end);
  const chosen = running[Math.floor(die[0] * running.length)];
  return chosen ? { op: 'visit.ask_to_move@1', args: { reservationId: chosen.id } } : null;
}

function ownWindow(scene: Scene, longest: number) {
  const { now, die } = scene;
  const slot = ownSlot(scene);
  if (!slot) return null;
  const start = Math.floor(now / GRID) * GRID + Math.floor(die[1] * 6) * GRID;
  return { slotId: slot.id, start, end: start + GRID * (1 + Math.floor(die[2] * longest)) };
}

function ownSlot({ base, member }: Scene) {
  return base.slot.find(({ ownerId }) => ownerId === member.id);
}

function rulesOf({ state }: Scene, slotId: string): LendingRule[] {
  return [...state.lendingRules.values()].filter((rule) => rule.slotId === slotId && rule.removedAt === null);
}

/** Minutes of the local day. */
function wallMinute(at: number, timeZone: string): number {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  const [hour = 0, minute = 0] = clock.format(at).split(':').map(Number);
  return hour * 60 + minute;
}
