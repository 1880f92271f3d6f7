import type { predict } from '$lib/sync/predict';
import { learnTexts } from './refusal';
import type { refuseLocally } from './refuse-locally';

/** K3: what a device judges wishes by itself with: the server's own rules. */
export interface Rules {
  readonly predict: typeof predict;
  readonly refuseLocally: typeof refuseLocally;
}

/**
 * The rules, and the words for what they refuse, which together are a seventh of the first load and wanted only where
 * something waits or is wished for. Null where this part of the app cannot be had now; the next call tries again.
 */
export async function loadRules(): Promise<Rules | null> {
  try {
    const [{ predict }, { refuseLocally }, { refusalTexts }] = await Promise.all([
      import('$lib/sync/predict'),
      import('./refuse-locally'),
      import('#shared/protocol/refusal-texts'),
    ]);
    learnTexts(refusalTexts);
    return { predict, refuseLocally };
  } catch (error) {
    console.error('the rules did not load', error);
    return null;
  }
}
