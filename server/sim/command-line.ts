import { parseArgs } from 'node:util';
import { faultKinds, type FaultKind } from './faults';
import { STEP, type Choice } from './plan';

export interface CommandLine {
  /** One run for each. */
  readonly choices: readonly Choice[];
  readonly isShrinking: boolean;
  /** Seconds of real time after which no further seed is begun. */
  readonly budget: number;
}

/** Reads `--seed N | --seeds N | --seeds A-B`, `--devices`, `--minutes`, `--faults`, `--only`, `--keep`, `--no-shrink`, `--budget`. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      devices: { type: 'string', default: '40' },
      // Of simulated time.
      minutes: { type: 'string', default: '15' },
      faults: { type: 'string' },
      only: { type: 'string' },
      keep: { type: 'string' },
      'no-shrink': { type: 'boolean', default: false },
      budget: { type: 'string', default: '1e9' },
    },
  });
  const common = {
    devices: Number(values.devices),
    steps: Math.ceil((Number(values.minutes) * 60_000) / STEP),
    faults: faultsOf(values.faults),
    only: values.only === undefined ? null : new Set(numbersOf(values.only)),
    keep: values.keep === undefined ? null : new Set(numbersOf(values.keep)),
  };
  return {
    choices: seedsOf(values.seed, values.seeds).map((seed) => ({ seed, ...common })),
    isShrinking: !values['no-shrink'],
    budget: Number(values.budget),
  };
}

/** The command that runs this choice again. */
export function commandOf({ seed, devices, steps, faults, only, keep }: Choice): string {
  const parts = [`npm run sim -- --seed ${String(seed)} --devices ${String(devices)}`];
  parts.push(`--minutes ${String((steps * STEP) / 60_000)}`);
  if (faults.size < faultKinds.length) parts.push(`--faults ${[...faults].join(',') || 'none'}`);
  if (only) parts.push(`--only ${[...only].join(',')}`);
  if (keep) parts.push(`--keep ${[...keep].join(',')}`);
  return parts.join(' ');
}

function seedsOf(seed: string | undefined, seeds: string | undefined): number[] {
  if (seeds === undefined) return [seed === undefined ? Math.floor(Date.now() / 1000) : Number(seed)];
  const [from, to] = seeds.includes('-') ? numbersOf(seeds.replace('-', ',')) : [1, Number(seeds)];
  return Array.from({ length: to! - from! + 1 }, (_, place) => from! + place);
}

function faultsOf(text: string | undefined): Set<FaultKind> {
  if (text === undefined) return new Set(faultKinds);
  const named = text === 'none' ? [] : text.split(',');
  const unknown = named.filter((name) => !faultKinds.includes(name as FaultKind));
  if (unknown.length > 0)
    throw new Error(`no fault ${unknown.join(', ')}; there are ${faultKinds.join(', ')}`);
  return new Set(named as FaultKind[]);
}

function numbersOf(text: string): number[] {
  return text.split(',').filter(Boolean).map(Number);
}
