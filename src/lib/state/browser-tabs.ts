import type { Tabs } from '$lib/sync/shared-pokes';

/** The other tabs of this browser; null where it has no Web Locks or BroadcastChannel, or no secure context. */
export function browserTabs(): Tabs | null {
  if (!('locks' in navigator) || !('BroadcastChannel' in globalThis)) return null;
  return {
    hold: (name, how, work) => navigator.locks.request(name, how, work),
    channel(name, onMessage) {
      const channel = new BroadcastChannel(name);
      channel.addEventListener('message', ({ data }) => onMessage(data));
      return { post: (message) => channel.postMessage(message), close: () => channel.close() };
    },
  };
}
