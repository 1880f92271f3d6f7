import { DeviceDatabase } from '$lib/client-db/database';
import { unsentCount } from '$lib/sync/outbox';
import type { DeviceRecord, Platform } from './platform';

/** A member whose database is on this device, apart from the one in use: the same person's at another site. */
export interface MemberElsewhere {
  readonly userId: string;
  readonly memberId: string;
  /** Absent in a note that an older build has left, as is the name. */
  readonly siteId?: string;
  readonly siteName?: string;
}

/** The recorded person's database of another site, and how many unsent wishes wait in it. */
export interface OtherSite extends MemberElsewhere {
  readonly unsent: number;
}

type Place = Pick<Platform, 'dexieOptions' | 'elsewhere' | 'record'>;

/** The members of the recorded person's other sites. */
function membersElsewhere({ record, elsewhere }: Place): readonly MemberElsewhere[] {
  const userId = record.read()?.userId;
  return userId === undefined ? [] : (elsewhere.read() ?? []).filter((one) => one.userId === userId);
}

/**
 * Before `next` is recorded: notes the member who is recorded now, so that signing out finds their database, too. Another
 * person's is none of it: that one stays for them, as it always has.
 */
export function noteElsewhere({ record, elsewhere }: Place, next: DeviceRecord): void {
  const former = record.read();
  const others = (elsewhere.read() ?? []).filter(
    ({ memberId }) => memberId !== next.memberId && memberId !== former?.memberId,
  );
  if (former?.userId !== undefined && former.memberId !== next.memberId) {
    const { userId, memberId, siteId, siteName } = former;
    others.push({ userId, memberId, siteId, siteName });
  }
  elsewhere.write(others.length > 0 ? others : null);
}

/** How many unsent wishes wait in the database of this member; 0 where there is none. */
export async function unsentOf(memberId: string, place: Pick<Place, 'dexieOptions'>): Promise<number> {
  return onDatabase(memberId, place, (db) => unsentCount(db));
}

/** The recorded person's other sites on this device, each with how many unsent wishes wait for it. */
export async function otherSites(place: Place): Promise<readonly OtherSite[]> {
  const sites: OtherSite[] = [];
  for (const one of membersElsewhere(place))
    sites.push({ ...one, unsent: await unsentOf(one.memberId, place) });
  return sites;
}

/** How many unsent wishes of the recorded person wait at their other sites. */
export async function unsentElsewhere(place: Place): Promise<number> {
  return (await otherSites(place)).reduce((sum, { unsent }) => sum + unsent, 0);
}

/** Deletes the databases of the recorded person's other sites; before the record itself is forgotten. */
export async function wipeElsewhere(place: Place): Promise<void> {
  const own = new Set(membersElsewhere(place).map(({ memberId }) => memberId));
  for (const memberId of own) await onDatabase(memberId, place, (db) => db.delete());
  const left = (place.elsewhere.read() ?? []).filter(({ memberId }) => !own.has(memberId));
  place.elsewhere.write(left.length > 0 ? left : null);
}

async function onDatabase<T>(
  memberId: string,
  { dexieOptions }: Pick<Place, 'dexieOptions'>,
  work: (db: DeviceDatabase) => PromiseLike<T>,
): Promise<T> {
  const db = new DeviceDatabase(memberId, dexieOptions);
  try {
    return await work(db);
  } finally {
    db.close();
  }
}
