import { app } from '$lib/state/app-state.svelte';
import type { GateCheck } from '$lib/scan/gate-check';
import {
  clockDoubt,
  heardFromPass,
  heardFromServer,
  lookAtClock,
  newClockWatch,
  type ClockDoubt,
  type ClockWatch,
} from '$lib/scan/guard-clock';

const LOOK_EVERY = 1000;

/** Looks after the guard's own clock for as long as the gate's page is open. */
export class ClockKeeper {
  #watch: ClockWatch = newClockWatch;
  #doubt = $state.raw<ClockDoubt | null>(null);
  #mayHaveSlept = false;

  /** What speaks against the clock that checks are made by; null when nothing does. */
  get doubt(): ClockDoubt | null {
    return this.#doubt;
  }

  /** Starts to look; the returned function ends it. */
  run(): () => void {
    const slept = (): void => {
      this.#mayHaveSlept = true;
    };
    document.addEventListener('visibilitychange', slept);
    document.addEventListener('resume', slept);
    const timer = setInterval(() => this.look(), LOOK_EVERY);
    this.look();
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', slept);
      document.removeEventListener('resume', slept);
    };
  }

  /** Compares the clocks; to be done before each decision as well, for the timer may be late. */
  look(): void {
    const { asOf, serverOffset } = app.sync;
    const running = performance.now();
    // A hidden page's device may sleep at any time.
    const mayHaveSlept = this.#mayHaveSlept || document.visibilityState === 'hidden';
    this.#mayHaveSlept = false;
    this.#watch = lookAtClock(this.#watch, { wall: Date.now(), running, mayHaveSlept });
    if (asOf !== null && serverOffset !== null) {
      this.#watch = heardFromServer(this.#watch, { asOf, offset: serverOffset });
    }
    this.#judge(running);
  }

  /** A reading may tell how its holder's clock is set. */
  hear({ passId, skew }: GateCheck): void {
    if (passId === null || skew === null) return;
    const at = performance.now();
    this.#watch = heardFromPass(this.#watch, { passId, seconds: skew, at });
    this.#judge(at);
  }

  #judge(running: number): void {
    const now = Date.now() + (app.sync.serverOffset ?? 0);
    const doubt = clockDoubt(this.#watch, { now, running });
    // In whole seconds: the two clocks are never read at quite the same moment.
    const found = doubt && { ...doubt, by: Math.round(doubt.by / 1000) * 1000 };
    if (JSON.stringify(found) !== JSON.stringify(this.#doubt)) this.#doubt = found;
  }
}
