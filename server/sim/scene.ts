import type { Intent } from '#shared/domain/intent';
import type { State } from '#shared/domain/state';
import type { DeviceDatabase } from '$lib/client-db/database';
import type { Base } from '$lib/sync/pulled-rows';
import type { Die } from './plan';
import type { SimMember } from './site';

export const MINUTE = 60_000;
/** Windows begin on the grid of five minutes, so that they meet. */
export const GRID = 5 * MINUTE;

/** What a person at a device has before them when they act. */
export interface Scene {
  readonly db: DeviceDatabase;
  readonly base: Base;
  /** The base with the outbox replayed over it: what the screens show. */
  readonly state: State;
  readonly member: SimMember;
  /** The device's own clock and its best estimate of the server's, milliseconds since 1970. */
  readonly deviceNow: number;
  readonly now: number;
  readonly newId: () => string;
  /** base64url of the device's holder key. */
  readonly holderKey: string;
  readonly die: Die;
}

/** A wish that was stored: from here on it must not be lost. */
export interface Stored {
  readonly id: string;
  readonly intent: Intent;
}
