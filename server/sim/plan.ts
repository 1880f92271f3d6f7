import { actionNames, actionWeights, type ActionName } from './actions';
import { DEVICE_RATES, deviceFaults, SERVER_TIMES, serverFaults } from './faults';
import type { DeviceFault, FaultKind, ServerFault } from './faults';
import { createRandom } from './random';

/** What one run is made from. The same choice makes the same plan. */
export interface Choice {
  readonly seed: number;
  /** How many devices there are. */
  readonly devices: number;
  /** How many steps of `STEP` each the faults last, before the quiet. */
  readonly steps: number;
  /** The kinds of fault that happen at all. */
  readonly faults: ReadonlySet<FaultKind>;
  /** Only these devices do anything; null: all. */
  readonly only: ReadonlySet<number> | null;
  /** Only these events of the plan happen, by number; null: all. */
  readonly keep: ReadonlySet<number> | null;
}

/** Simulated milliseconds of one step. */
export const STEP = 10_000;
/** The probability that a device does something in a step. */
const ACTIVITY = 0.19;

/** Numbers in [0, 1) for the choices that depend on what the device knows when the event comes. */
export type Die = readonly [number, number, number, number];

/** One thing that is to happen. `number` is its place in the plan with nothing left out. */
export type PlannedEvent = {
  readonly number: number;
  readonly step: number;
  /** For how many steps it lasts, where it lasts. */
  readonly steps: number;
  readonly die: Die;
} & (
  | { readonly kind: 'act'; readonly device: number; readonly action: ActionName }
  | { readonly kind: DeviceFault; readonly device: number }
  | { readonly kind: ServerFault | 'backup'; readonly device: null }
);

type Unnumbered = PlannedEvent extends infer E ? (E extends PlannedEvent ? Omit<E, 'number'> : never) : never;

/** All that is to happen, in the order of the steps. */
export function makePlan(choice: Choice): PlannedEvent[] {
  const events = [
    ...Array.from({ length: choice.devices }, (_, device) => planDevice(choice, device)).flat(),
    ...planServer(choice),
  ];
  return events
    .sort((one, other) => one.step - other.step || (one.device ?? -1) - (other.device ?? -1))
    .map((event, number) => ({ ...event, number }))
    .filter((event) => happens(event, choice));
}

function happens(event: PlannedEvent, { faults, only, keep }: Choice): boolean {
  if (keep && !keep.has(event.number)) return false;
  if (only && event.device !== null && !only.has(event.device)) return false;
  return event.kind === 'act' || faults.has(event.kind === 'backup' ? 'restore' : event.kind);
}

function planDevice({ seed, steps }: Choice, device: number): Unnumbered[] {
  const events: Unnumbered[] = [];
  const random = createRandom(seed, 'actions', device);
  const deck = actionNames.flatMap((name) => Array.from({ length: actionWeights[name] }, () => name));
  for (let step = 0; step < steps; step++) {
    // Drawn whether used or not: a change of the activity must not shift what comes after.
    const [does, action, die] = [random.chance(ACTIVITY), random.pick(deck), rollDie(random.next)];
    if (does) events.push({ kind: 'act', step, steps: 0, device, action, die });
  }
  for (const kind of deviceFaults) {
    const own = createRandom(seed, kind, device);
    const { rate, steps: lasting } = DEVICE_RATES[kind];
    for (let step = 0; step < steps; step++) {
      const [does, length, die] = [own.chance(rate), span(own.next(), lasting), rollDie(own.next)];
      if (does) events.push({ kind, step, steps: length, device, die });
    }
  }
  return events;
}

function planServer({ seed, steps }: Choice): Unnumbered[] {
  const events: Unnumbered[] = [];
  for (const kind of serverFaults) {
    const random = createRandom(seed, kind);
    // A restore takes back what was promised, so most runs must do without.
    const times = kind === 'restore' ? Number(random.chance(0.25)) : 1 + random.integer(SERVER_TIMES[kind]);
    for (let time = 0; time < times; time++) {
      const step = Math.floor(steps * (0.1 + 0.8 * random.next()));
      events.push({ kind, step, steps: 1 + random.integer(3), device: null, die: rollDie(random.next) });
      if (kind === 'restore') {
        const before = Math.floor(step * (0.4 + 0.5 * random.next()));
        events.push({ kind: 'backup', step: before, steps: 0, device: null, die: rollDie(random.next) });
      }
    }
  }
  return events;
}

function rollDie(next: () => number): Die {
  return [next(), next(), next(), next()];
}

function span(share: number, [from, below]: readonly [number, number]): number {
  return from + Math.floor(share * (below - from));
}
