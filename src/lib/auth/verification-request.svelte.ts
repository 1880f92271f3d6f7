/** Whether somebody is being asked to prove who they are, and who waits for the answer. */
export class VerificationRequest {
  #answer = $state.raw<((proved: boolean) => void) | null>(null);
  #asked: Promise<boolean> | null = null;

  /** Whether the dialog is to be shown. */
  get open(): boolean {
    return this.#answer !== null;
  }

  /** Who asks while the dialog is open waits for the same answer. */
  ask(): Promise<boolean> {
    this.#asked ??= new Promise<boolean>((resolve) => (this.#answer = resolve));
    return this.#asked;
  }

  /** The person has proved it, or would rather not. */
  answer(proved: boolean): void {
    const waiting = this.#answer;
    this.#answer = null;
    this.#asked = null;
    waiting?.(proved);
  }
}

export const verificationRequest = new VerificationRequest();
