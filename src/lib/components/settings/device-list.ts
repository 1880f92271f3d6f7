import type { SignedInDevice } from '$lib/auth/devices';
import type { DeviceView } from '$lib/state/device-views';

/** A line of the list of devices: a signed-in browser, a holder of passes, or both in one. */
export interface ListedDevice {
  readonly key: string;
  /** Null for one that holds passes without being signed in, and while the server has not been asked. */
  readonly session: SignedInDevice | null;
  /** What this device's own copy knows of its pass key; null when it holds none. */
  readonly holder: DeviceView | null;
  readonly here: boolean;
}

/**
 * One list of what the server says (null: it could not be asked) and what this device's copy says of pass keys: this device
 * first, then signed-in browsers as the server sorts them, then what only holds a key, or did.
 */
export function deviceList(
  sessions: readonly SignedInDevice[] | null,
  holders: readonly DeviceView[],
): ListedDevice[] {
  const signedIn = (sessions ?? []).map((session): ListedDevice => {
    const holder =
      holders.find((candidate) => session.isHere && candidate.here) ??
      holders.find(
        ({ clientId, here, removedAt }) =>
          !here && removedAt === null && session.clientIds.includes(clientId),
      ) ??
      null;
    return { key: session.id, session, holder, here: session.isHere };
  });
  const claimed = new Set(signedIn.map(({ holder }) => holder));
  const others = holders
    .filter((holder) => !claimed.has(holder))
    .map((holder): ListedDevice => ({ key: holder.clientId, session: null, holder, here: holder.here }));
  return [...signedIn, ...others].toSorted((a, b) => Number(b.here) - Number(a.here));
}
