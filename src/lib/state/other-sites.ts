import { DeviceDatabase } from '$lib/client-db/database';
import { unsentCount } from '$lib/sync/outbox';
import { membersElsewhere, type MemberElsewhere, type Notes } from './members-elsewhere';
import type { Platform } from './platform';

type Place = Notes & Pick<Platform, 'dexieOptions'>;

/** The recorded person's database of another site, and how many unsent wishes wait in it. */
export interface OtherSite extends MemberElsewhere {
  readonly unsent: number;
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
