import type { SessionAnswer } from '#shared/protocol/session';
import type { DeviceRecord, Platform, Server } from './platform';

type Place = Pick<Platform, 'connect' | 'record'>;

/*
 * A session looks at one of its person's sites, and this device has one site's database open. An answer may be lost after
 * the server has done what it was asked: here the two are brought together again. Nothing throws for want of a network.
 */

/**
 * The session of a sign-in, at the site that this device has on record where that is the person's, too: what waits there
 * is sent, and nobody lands in a building they did not have open. Otherwise the session as it came.
 */
export async function atRecordedSite(place: Place, session: SessionAnswer): Promise<SessionAnswer> {
  const recorded = place.record.read();
  const { user, member } = session;
  if (!recorded || !user || !member || recorded.siteId === member.siteId) return session;
  if ((recorded.userId ?? user.id) !== user.id) return session;
  const switched = await ask(place, (server) => server.switchSite(recorded.siteId));
  const now = switched ?? (await ask(place, (server) => server.session()));
  return now?.member ? now : session;
}

/** The session, when it is of the recorded person and looks at another site than the record; else null. */
export async function strayedFrom(place: Place, record: DeviceRecord): Promise<SessionAnswer | null> {
  const session = await ask(place, (server) => server.session());
  const isTheirs = session?.user != null && session.user.id === record.userId;
  return isTheirs && session.member && session.member.siteId !== record.siteId ? session : null;
}

/** Brings a session that looks at another site back to the record's, as well as that goes now. */
export async function bringBack(place: Place, record: DeviceRecord): Promise<void> {
  if (await strayedFrom(place, record)) await ask(place, (server) => server.switchSite(record.siteId));
}

/**
 * Whose a record of an older build is, which does not say: the session tells, and only while it is that member's. The
 * record as it is then. Throws what the browser throws when it cannot be kept.
 */
export async function withUser(place: Place, record: DeviceRecord): Promise<DeviceRecord> {
  if (record.userId !== undefined) return record;
  const session = await ask(place, (server) => server.session());
  if (!session?.user || session.member?.memberId !== record.memberId) return record;
  const named = { ...record, userId: session.user.id };
  place.record.write(named);
  return named;
}

/** Null without an answer, also where the network code could not be loaded. */
async function ask(
  { connect }: Place,
  call: (server: Server) => ReturnType<Server['session']>,
): Promise<SessionAnswer | null> {
  const server = await connect().catch(() => null);
  const answer = server && (await call(server));
  return answer?.ok ? answer.value : null;
}

/** Tells the server about a sign-out, now or, without a way to it, at the next start. True when it knows. */
export async function tellSignOut(place: Pick<Platform, 'signOutPending'>, server: Server): Promise<boolean> {
  const told = await server.signOut();
  if (told.ok) place.signOutPending.write(null);
  return told.ok;
}
