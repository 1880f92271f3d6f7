/** A moment in the life of a process: it is about to send a statement of this name (or one whose text begins so), or has had a push message taken. */
export interface Step {
  /** `TAKEN`, or how the statement is called. */
  readonly at: string;
  /** Text that stands in the statement's values; without it any will do. */
  readonly with?: string;
}

/** What `at` says right after a push service has taken a message, before the process does anything with that. */
export const TAKEN = 'a push message was taken';

/** What a mortal process is started with. */
export interface Birth {
  readonly databaseUrl: string;
  /** Base64. */
  readonly secretKey: string;
  readonly pushService: string;
  readonly smtpUrl: string;
  /** Its clock stands still there, ms since 1970, until it is told otherwise. */
  readonly now: number;
}

/** From here on its clock stands at `now`, and it stops for good at the last of these steps, each looked for after the one before. */
export interface Fate {
  readonly now: number;
  readonly steps: readonly Step[];
}

export type FromMortal =
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'heard' }
  | { readonly kind: 'stopped' };
