/** X4: what is kept outside IndexedDB, to notice when the browser has thrown that away. */
export interface Canary {
  readonly memberId: string;
  /** How many wishes were waiting to be sent. */
  readonly depth: number;
}

/** As it stands in the cookie. */
export function formatCanary({ memberId, depth }: Canary): string {
  return `${memberId}:${String(depth)}`;
}

/** Null for what this app has not written. */
export function parseCanary(text: string | null): Canary | null {
  const match = /^([0-9a-z-]{1,64}):(\d{1,9})$/i.exec(text ?? '');
  return match?.[1] && match[2] ? { memberId: match[1], depth: Number(match[2]) } : null;
}

/** What an opened database and the notes outside it say together. */
export type StorageFinding =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'whole'; readonly memberId: string }
  | { readonly kind: 'evicted'; readonly memberId: string; readonly lost: number };

/**
 * The member whose database is to be opened: the one signed in last; without that note (evicted too) the canary's.
 * Null when nobody was ever signed in here.
 */
export function expectedMember(recordedMemberId: string | null, canary: Canary | null): string | null {
  return recordedMemberId ?? canary?.memberId ?? null;
}

/** Whether what is there is what was left. `hasClient`: the database has the clientId that it got when it was made. */
export function judgeStorage(
  memberId: string | null,
  hasClient: boolean,
  canary: Canary | null,
): StorageFinding {
  if (memberId === null) return { kind: 'nothing' };
  if (hasClient) return { kind: 'whole', memberId };
  return { kind: 'evicted', memberId, lost: canary?.memberId === memberId ? canary.depth : 0 };
}
