import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in these; every distribution builds it with 100 a second. */
const MILLISECONDS_PER_TICK = 10;

/**
 * Milliseconds of processor time that a process and all that it started, directly or not, have taken so far; NaN where
 * there is no /proc. Unlike a rate it stays what it is when others use the machine.
 */
export function processorTimeOf(root: number): number {
  const statistics = readAll();
  const byParent = new Map<number, Statistics[]>();
  for (const one of statistics) byParent.set(one.parent, [...(byParent.get(one.parent) ?? []), one]);
  const sum = (pid: number, own: number): number =>
    (byParent.get(pid) ?? []).reduce((total, child) => total + sum(child.pid, child.ticks), own);
  const own = statistics.find(({ pid }) => pid === root);
  return own ? sum(root, own.ticks) * MILLISECONDS_PER_TICK : Number.NaN;
}

interface Statistics {
  readonly pid: number;
  readonly parent: number;
  /** Its own, and those of its children that have ended. */
  readonly ticks: number;
}

function readAll(): Statistics[] {
  const names = process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  return names.flatMap((name) => {
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      // After the command in parentheses: state, parent, …; utime, stime, cutime and cstime are fields 14 to 17 of all.
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
      return [{ pid: Number(name), parent: Number(fields[1]), ticks }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}
