import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { noticeTag } from './notice-tag';

const close = vi.fn<(tag: string) => void>();
const setAppBadge = vi.fn((_count: number) => Promise.resolve());
const clearAppBadge = vi.fn(() => Promise.resolve());
let shown: string[];

beforeEach(() => {
  vi.resetModules();
  shown = [noticeTag('a'), noticeTag('b'), noticeTag('c'), 'unlock:r-1'];
  const getNotifications = () => Promise.resolve(shown.map((tag) => ({ tag, close: () => void close(tag) })));
  const getRegistration = () => Promise.resolve({ getNotifications });
  vi.stubGlobal('navigator', { setAppBadge, clearAppBadge, serviceWorker: { getRegistration } });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

/** Each time as on a page that has just been opened. */
const follow = async () => (await import('./shown-notices')).followNotices;
const closed = () => close.mock.calls.map(([tag]) => tag);

describe('notifications that are shown', () => {
  it('B4 go when they were read elsewhere; what is unread or not known yet stays, and the icon counts', async () => {
    const notices = [
      { id: 'a', readAt: 1 },
      { id: 'b', readAt: null },
    ];
    await (
      await follow()
    )(notices);
    expect(closed()).toEqual([noticeTag('a')]);
    expect(setAppBadge).toHaveBeenCalledExactlyOnceWith(1);
  });

  it('B4 are not looked at again when nothing has changed', async () => {
    const followNotices = await follow();
    await followNotices([{ id: 'b', readAt: null }]);
    await followNotices([{ id: 'b', readAt: null }]);
    expect(setAppBadge).toHaveBeenCalledOnce();
    await followNotices([{ id: 'b', readAt: 2 }]);
    expect(closed()).toEqual([noticeTag('b')]);
    expect(clearAppBadge).toHaveBeenCalledOnce();
  });

  it('B4 a late push of what was read elsewhere goes when one looks at the app again', async () => {
    const followNotices = await follow();
    shown = [];
    await followNotices([{ id: 'a', readAt: 1 }]);
    shown = [noticeTag('a')];
    await followNotices([{ id: 'a', readAt: 1 }]);
    expect(closed()).toEqual([]);
    await followNotices([{ id: 'a', readAt: 1 }], { again: true });
    expect(closed()).toEqual([noticeTag('a')]);
  });

  it('B4 all go at a sign-out, but for what is no notice', async () => {
    await (
      await follow()
    )(null);
    expect(closed()).toEqual([noticeTag('a'), noticeTag('b'), noticeTag('c')]);
    expect(clearAppBadge).toHaveBeenCalledOnce();
  });

  it('B4 a browser without a badge, a worker or permission is no trouble', async () => {
    setAppBadge.mockRejectedValueOnce(new DOMException('', 'NotAllowedError'));
    await (
      await follow()
    )([{ id: 'b', readAt: null }]);
    vi.stubGlobal('navigator', {});
    await expect((await follow())(null)).resolves.toBeUndefined();
  });
});
