import type { SigningKey } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { LONGEST_RESERVATION } from './policy';
import type { State } from './state';
import { isVerified } from './verification';

const MINUTE = 60_000;
const DAY = 24 * 3_600_000;

/**
 * How long a key is published before it signs, milliseconds. As far as the gate's scope looks ahead: a guard's device that
 * meets the server once in two days has the key before it meets a pass by it.
 */
export const PUBLISH_AHEAD = 2 * DAY;

/** How long a key signs until the schedule asks for the next one, milliseconds. */
export const KEY_IN_USE = 90 * DAY;

/** What a key signs may begin this long before the key was made, milliseconds: a pass that is bound while it runs. */
export const KEY_REACHES_BACK = LONGEST_RESERVATION;

/**
 * And this long after, milliseconds. A key signs from two days after it was made for ninety, or some more when nobody runs
 * the schedule, and a site's horizon may be 366 days: 458, with six weeks to spare.
 */
export const KEY_REACHES_AHEAD = 500 * DAY;

/**
 * How long after the next key's first use a key may still have signed, milliseconds: processes' clocks differ, and a batch
 * that had taken the key may still have been writing.
 */
export const HANDOVER = 10 * MINUTE;

/**
 * How long a key is published after the last thing that it signed has begun, milliseconds: as long as that may last, and the
 * day for which a car may overstay and the gate still has its pass.
 */
export const KEY_OUTLASTS = LONGEST_RESERVATION + DAY;

/** A key made at `now` (ms) that signs from `usedFrom` on. */
export function newSigningKey(id: string, { now, usedFrom }: { now: number; usedFrom: number }): SigningKey {
  return { id, validFrom: now - KEY_REACHES_BACK, validUntil: now + KEY_REACHES_AHEAD, usedFrom };
}

/**
 * D3: publishes the site's next signing key. Refused while one that is not used yet is published already: of two, guards
 * would not know which to expect, and a key that never signs protects nobody.
 */
export function decideRotateKey(
  state: State,
  { keyId }: DomainArgs['site.rotate_key@1'],
  context: DecisionContext,
): Decision {
  const { now, actor } = context;
  const waiting = [...state.signingKeys.values()].find((key) => key.usedFrom > now || key.id === keyId);
  if (waiting) return refused('key_waiting', { usedFrom: waiting.usedFrom });
  if (actor.role !== 'system' && !isVerified(context)) return refused('verification_needed', {});
  const key = newSigningKey(keyId, { now, usedFrom: now + PUBLISH_AHEAD });
  return {
    status: 'applied',
    changes: [{ table: 'signingKeys', row: key }],
    data: { keyId, usedFrom: key.usedFrom },
  };
}
