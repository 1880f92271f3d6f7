import type { NoticeRow } from '#shared/domain/entities';
import { defaultNoticePreferences, type NoticePreferences } from '#shared/domain/notice-kinds';
import type { AppArea } from './app-area';

/** As many as one wish may name. */
const AT_ONCE = 500;

/** B4: what the member was told, and how to be told. Predicted: what was read without signal is read. */
export class NoticeState {
  readonly #area: AppArea;
  readonly #all = $derived.by(() =>
    [...(this.#area.predicted()?.notices.values() ?? [])].toSorted(newestFirst),
  );
  readonly #unread = $derived(this.#all.filter(({ readAt }) => readAt === null));
  readonly #preferences = $derived.by(
    () => this.#area.predicted()?.noticePreferences.get(this.#area.memberId()) ?? defaultNoticePreferences,
  );

  constructor(area: AppArea) {
    this.#area = area;
  }

  /** Newest first. */
  get all(): readonly NoticeRow[] {
    return this.#all;
  }

  /** Newest first. */
  get unread(): readonly NoticeRow[] {
    return this.#unread;
  }

  get preferences(): NoticePreferences {
    return this.#preferences;
  }

  /** Marks these as read, on all of the member's devices; those that are read or not known here are left out. */
  async markRead(ids: readonly string[]): Promise<void> {
    const noticeIds = this.#unread.flatMap(({ id }) => (ids.includes(id) ? [id] : []));
    for (let from = 0; from < noticeIds.length; from += AT_ONCE) {
      const args = { noticeIds: noticeIds.slice(from, from + AT_ONCE) };
      await this.#area.wish({ op: 'notice.read@1', args }, null);
    }
  }

  /**
   * Marks the notice of a notification that was tapped as read: also when its row has not come down yet, as after a cold start. It is
   * then read as soon as it comes. Rejects as every wish does.
   */
  async markOpened(id: string): Promise<void> {
    const known = this.#all.find((notice) => notice.id === id);
    if (known && known.readAt !== null) return;
    await this.#area.wish({ op: 'notice.read@1', args: { noticeIds: [id] } }, null);
  }

  /** Rejects with a RefusalError, as every wish does. */
  setPreferences(preferences: NoticePreferences): Promise<void> {
    return this.#area.wish({ op: 'notice.set_preferences@1', args: { preferences } }, null);
  }
}

function newestFirst(a: NoticeRow, b: NoticeRow): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
}
