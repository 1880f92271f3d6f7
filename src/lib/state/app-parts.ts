import type { DeviceCopy } from './device-copy.svelte';
import type { OpenDevice } from './open-device.svelte';
import type { Platform } from './platform';
import type { StorageState } from './storage-state.svelte';
import type { Turns } from './turns';

/** What the app is made of below its areas; no screen sees it. */
export interface AppParts {
  readonly platform: Platform;
  readonly copy: DeviceCopy;
  readonly storage: StorageState;
  readonly open: OpenDevice;
  /** Sign-in, sign-out and wishes follow each other. */
  readonly turns: Turns;
}
