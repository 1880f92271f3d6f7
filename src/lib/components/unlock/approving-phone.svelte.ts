import { normalizeUnlockCode, type UnlockView } from '#shared/protocol/unlock';
import type { AuthFailure, AuthResult } from '$lib/auth/auth-failure';
import type { UnlockChoice } from '$lib/auth/unlock';

export interface ApprovingPhoneOptions {
  find(code: string): Promise<AuthResult<UnlockView>>;
  waiting(): Promise<AuthResult<readonly UnlockView[]>>;
  approve(choice: UnlockChoice, number: number): Promise<AuthResult<unknown> | null>;
  refuse(choice: UnlockChoice): Promise<AuthResult<unknown>>;
  /** This device's clock, ms since 1970. */
  now(): number;
}

/** What the link of a QR code or of a notification asks this phone to look at. */
export type UnlockLink = { readonly code: string } | { readonly requestId: string };

/** Reads the fragment of such a link: `#K7QM4XRT` or `#request=…`; null for any other. */
export function readUnlockLink(fragment: string): UnlockLink | null {
  const text = fragment.replace(/^#/, '');
  const asked = /^request=([0-9a-f-]{36})$/.exec(text);
  if (asked?.[1] !== undefined) return { requestId: asked[1] };
  return /^[A-Za-z0-9]{8}$/.test(text) ? { code: text } : null;
}

/** The phone's side of smart unlock (B2): finds a browser that asks, and answers it once. */
export class ApprovingPhone {
  readonly #options: ApprovingPhoneOptions;
  #view = $state.raw<UnlockView | null>(null);
  #code: string | null = null;
  #busy = $state<'looking' | 'approving' | 'refusing' | null>(null);
  #failure = $state.raw<AuthFailure | null>(null);
  #answered = $state<'approved' | 'refused' | null>(null);
  #now = $state(0);
  /** By this device's clock: when what is shown was made, and when it ends. */
  #span = $state.raw({ start: 0, end: 0 });

  constructor(options: ApprovingPhoneOptions) {
    this.#options = options;
  }

  /** The browser to decide about; null before one is found. */
  get view(): UnlockView | null {
    return this.#view;
  }

  get busy() {
    return this.#busy;
  }

  get failure(): AuthFailure | null {
    return this.#failure;
  }

  /** What this phone has answered; the screen then has nothing more to ask. */
  get answered() {
    return this.#answered;
  }

  /** Milliseconds since the browser asked. */
  get age(): number {
    return Math.max(0, this.#now - this.#span.start);
  }

  /** Milliseconds left to answer in. */
  get left(): number {
    return Math.max(0, this.#span.end - this.#now);
  }

  tick(): void {
    this.#now = this.#options.now();
  }

  /** Follows a link, or without one looks whether somebody asks for this account by name. */
  async open(link: UnlockLink | null): Promise<void> {
    if (link !== null && 'code' in link) return this.find(link.code);
    await this.#look(async () => {
      const result = await this.#options.waiting();
      if (!result.ok) return result;
      const view = link ? result.value.find((it) => it.requestId === link.requestId) : result.value[0];
      // Nobody asks: that is how it mostly is, and no failure, unless a notification said otherwise.
      if (view) this.#show(view, null);
      return { ok: true, value: view !== undefined || link === null };
    });
  }

  /** Looks for the browser that shows this code. */
  async find(typed: string): Promise<void> {
    const code = normalizeUnlockCode(typed);
    await this.#look(async () => {
      const result = await this.#options.find(code);
      if (result.ok) this.#show(result.value, code);
      return result;
    });
  }

  /** Lets the browser in, if this is the number it shows. */
  async approve(number: number): Promise<void> {
    const choice = this.#choice;
    if (!choice || this.#busy !== null) return;
    await this.#answer('approving', 'approved', () => this.#options.approve(choice, number));
  }

  async refuse(): Promise<void> {
    const choice = this.#choice;
    if (!choice || this.#busy !== null) return;
    await this.#answer('refusing', 'refused', () => this.#options.refuse(choice));
  }

  /** Back to where a code can be typed. */
  restart(): void {
    this.#view = null;
    this.#code = null;
    this.#failure = null;
    this.#answered = null;
  }

  get #choice(): UnlockChoice | null {
    return this.#view && { requestId: this.#view.requestId, code: this.#code };
  }

  #show(view: UnlockView, code: string | null): void {
    const now = this.#options.now();
    this.#now = now;
    this.#span = {
      start: now - (view.serverNow - view.createdAt),
      end: now + view.expiresAt - view.serverNow,
    };
    this.#view = view;
    this.#code = code;
  }

  async #look(look: () => Promise<AuthResult<unknown>>): Promise<void> {
    this.restart();
    this.#busy = 'looking';
    const result = await look();
    this.#busy = null;
    if (!result.ok) this.#failure = result.failure;
    else if (result.value === false) this.#failure = tooLate;
  }

  async #answer(
    busy: 'approving' | 'refusing',
    answered: 'approved' | 'refused',
    call: () => Promise<AuthResult<unknown> | null>,
  ): Promise<void> {
    this.#busy = busy;
    this.#failure = null;
    const result = await call();
    this.#busy = null;
    if (result?.ok) {
      this.#answered = answered;
    } else if (result) {
      const { code } = result.failure;
      // These three end the request; anything else can be tried again.
      if (code === 'unlock_wrong_number' || code === 'unlock_over' || code === 'unlock_not_found')
        this.restart();
      this.#failure = result.failure;
    }
  }
}

/** To a notification that was tapped after its two minutes. */
const tooLate: AuthFailure = {
  code: 'unlock_over',
  sentence: 'This browser no longer asks.',
  next: 'If it was you, ask again there.',
};
