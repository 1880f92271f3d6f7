import type { IconName } from '$lib/components/shared/icon-paths';

type Connection = 'online' | 'connecting' | 'offline' | 'paused' | 'update_needed';

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
  update_needed: { tone: 'attention', icon: 'download', word: 'Update needed' },
};

/**
 * What the strip says: the connection, how old the shown data is when it may be old, and how much waits to be sent.
 * `asOf` is a moment in words, with its day where that is not today.
 */
export function connectionWords(
  connection: Connection,
  asOf: string | null,
  waitingCount: number,
): ConnectionWords {
  const { tone, icon, word } = states[connection];
  if (connection === 'online') {
    return waitingCount === 0
      ? { tone, icon, text: word }
      : { tone, icon: 'refresh', text: `Sending ${waitingCount}` };
  }
  const parts = [word];
  if (asOf !== null) parts.push(`as of ${asOf}`);
  if (waitingCount > 0) parts.push(`${waitingCount} waiting`);
  return { tone, icon, text: parts.join(' · ') };
}
