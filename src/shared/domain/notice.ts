import type { Decision, DecisionContext, DomainArgs } from './intent';
import type { Change, State } from './state';

/**
 * B4: the member has read these; read on one device is read on all. What is not there (any more, or on this device yet), or not the
 * member's own, is left out without a word: whether an id is anybody's is nobody's to learn. Read twice, the first time stays.
 */
export function decideReadNotices(
  state: State,
  { noticeIds }: DomainArgs['notice.read@1'],
  { now, actor }: DecisionContext,
): Decision {
  const own = noticeIds.flatMap((id) => {
    const notice = state.notices.get(id);
    return notice?.memberId === actor.id ? [notice] : [];
  });
  const unread = own.filter(({ readAt }) => readAt === null);
  const changes = unread.map((row): Change => ({ table: 'notices', row: { ...row, readAt: now } }));
  return { status: 'applied', changes, data: {} };
}

/** B4: how the member wants to be told from now on; what stood before is replaced as a whole. */
export function decideSetNoticePreferences(
  _state: State,
  { preferences }: DomainArgs['notice.set_preferences@1'],
  { actor }: DecisionContext,
): Decision {
  const row = { memberId: actor.id, preferences };
  return { status: 'applied', changes: [{ table: 'noticePreferences', row }], data: {} };
}
