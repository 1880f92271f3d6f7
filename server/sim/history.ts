import type { PlannedEvent } from './plan';

/** What happened, event by event, in words: what a failure is told with. */
export class History {
  readonly #lines: { event: PlannedEvent; text: string }[] = [];

  note(event: PlannedEvent, text = ''): void {
    this.#lines.push({ event, text });
  }

  /** The numbers of the events that had an effect. */
  numbers(): number[] {
    return [...new Set(this.#lines.map(({ event }) => event.number))];
  }

  lines(): string[] {
    return this.#lines.map(({ event, text }) => {
      const who = event.device === null ? 'server   ' : `device ${String(event.device).padStart(2)}`;
      const what = event.kind === 'act' ? event.action : event.kind;
      const lasting = event.steps > 0 ? ` for ${String(event.steps)} steps` : '';
      return `#${String(event.number).padEnd(5)} step ${String(event.step).padStart(4)}  ${who}  ${what}${lasting} ${text}`;
    });
  }
}
