import type { KeyProblem } from './trusted-keys';

/** What a guard is told about the keys, and what to do. */
export interface KeyWords {
  readonly title: string;
  readonly detail: string;
}

/** D3: why this device goes on with the keys it had. It is no reason to turn anybody away: passes by those keys are good. */
export function keyWords(problem: KeyProblem): KeyWords {
  switch (problem) {
    case 'untrusted_bundle':
      return {
        title: 'The keys of this building were replaced in a way this device cannot check.',
        detail:
          'It goes on with the keys it had. New passes may show as not known. Tell the manager; if the manager has replaced the keys, sign out and in again on this device.',
      };
    case 'unreadable_bundle':
      return {
        title: 'The keys that the server sent cannot be read by this device.',
        detail:
          'It goes on with the keys it had. Close the app and open it again with signal; if it stays so, tell the manager.',
      };
  }
}
