/** What has an icon with a number on it: a window, or the worker. Not every system has one. */
interface Badged {
  setAppBadge?: (count: number) => Promise<void>;
  clearAppBadge?: () => Promise<void>;
}

/** B4: puts how many notices are unread on the app's icon. Where that cannot be, or may not, nothing happens. */
export async function showBadge(navigator: object, unread: number): Promise<void> {
  const { setAppBadge, clearAppBadge } = navigator as Badged;
  try {
    if (unread > 0) await setAppBadge?.call(navigator, unread);
    else await clearAppBadge?.call(navigator);
  } catch {
    // Not installed, or the person has forbidden notifications.
  }
}
