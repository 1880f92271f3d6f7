import type { IconName } from '$lib/components/shared/icon-paths';

type Connection = 'online' | 'connecting' | 'offline' | 'paused' | 'left' | 'update_needed';

export interface ConnectionWords {
  readonly tone: 'calm' | 'attention';
  readonly icon: IconName;
  readonly text: string;
}

const states: Record<Connection, { tone: 'calm' | 'attention'; icon: IconName; word: string }> = {
  online: { tone: 'calm', icon: 'check', word: 'Up to date' },
  connecting: { tone: 'calm', icon: 'refresh', word: 'Connecting' },
  offline: { tone: 'attention', icon: 'offline', word: 'Offline' },
  paused: { tone: 'attention', icon: 'passkey', word: 'Signed out' },
  left: { tone: 'attention', icon: 'person', word: 'No longer a member here' },
  update_needed: { tone: 'attention', icon: 'download', word: 'Update needed' },
};

const ASLEEP = 3 * 60_000;

export interface Standing {
  /** The moment of what is shown, in words, with its day where that is not today; null before the first contact. */
  readonly asOf: string | null;
  /** Milliseconds since that moment; a device that looks every minute and has not for three has been asleep. */
  readonly age: number;
  readonly waitingCount: number;
  /** Rows, while a load in several answers goes on. */
  readonly loading: { readonly loaded: number; readonly total: number } | null;
}

/**
 * What the strip says: the connection, how old the shown data is when it may be old, how much of a first load is here,
 * and how much waits to be sent. It is "up to date" only once everything is.
 */
export function connectionWords(
  connection: Connection,
  { asOf, age, waitingCount, loading }: Standing,
): ConnectionWords {
  const { tone, icon, word } = states[connection];
  const isReaching = connection === 'online' || connection === 'connecting';
  if (loading && isReaching) {
    const parts = [`Loading ${progressWords(loading)}`];
    if (waitingCount > 0) parts.push(`${waitingCount} waiting`);
    return { tone, icon: 'refresh', text: parts.join(' · ') };
  }
  if (connection === 'online' && waitingCount === 0 && asOf !== null && age > ASLEEP) {
    return { tone, icon: 'refresh', text: `Checking · as of ${asOf}` };
  }
  if (connection === 'online') {
    return waitingCount === 0
      ? { tone, icon, text: word }
      : { tone, icon: 'refresh', text: `Sending ${waitingCount}` };
  }
  const parts = [word];
  if (asOf !== null) parts.push(`as of ${asOf}`);
  else if (loading) parts.push(`${progressWords(loading)} loaded`);
  if (waitingCount > 0) parts.push(`${waitingCount} waiting`);
  return { tone, icon, text: parts.join(' · ') };
}

/** "1,200 of 10,000". */
export function progressWords({
  loaded,
  total,
}: {
  readonly loaded: number;
  readonly total: number;
}): string {
  return `${grouped.format(loaded)} of ${grouped.format(Math.max(loaded, total))}`;
}

const grouped = new Intl.NumberFormat('en');
