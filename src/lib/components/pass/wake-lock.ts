/**
 * Keeps the screen on until the returned function is called. The browser gives the lock back whenever the page is hidden,
 * so it is asked for again when it returns. Without the interface, or refused (low battery), the screen just dims as usual.
 */
export function keepScreenOn(): () => void {
  let lock: WakeLockSentinel | null = null;
  let ended = false;
  const acquire = async (): Promise<void> => {
    if (ended || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    try {
      const acquired = await navigator.wakeLock.request('screen');
      if (ended) await acquired.release();
      else lock = acquired;
    } catch {
      lock = null;
    }
  };
  const onVisibility = (): void => void acquire();
  document.addEventListener('visibilitychange', onVisibility);
  void acquire();
  return () => {
    ended = true;
    document.removeEventListener('visibilitychange', onVisibility);
    void lock?.release();
  };
}
