import type { DeviceRecord, Platform } from './platform';

/** A member whose database is on this device, apart from the one in use: the same person's at another site. */
export interface MemberElsewhere {
  readonly userId: string;
  readonly memberId: string;
  /** Absent in a note that an older build has left, as is the name. */
  readonly siteId?: string;
  readonly siteName?: string;
}

/** Where it is noted whose databases are on this device. */
export type Notes = Pick<Platform, 'elsewhere' | 'record'>;

/** The members of the recorded person's other sites. */
export function membersElsewhere({ record, elsewhere }: Notes): readonly MemberElsewhere[] {
  const userId = record.read()?.userId;
  return userId === undefined ? [] : (elsewhere.read() ?? []).filter((one) => one.userId === userId);
}

/**
 * Before `next` is recorded: notes the member who is recorded now, so that signing out finds their database, too. Another
 * person's is none of it: that one stays for them, as it always has.
 */
export function noteElsewhere({ record, elsewhere }: Notes, next: DeviceRecord): void {
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
