/// <reference lib="webworker" />
import { notificationOf } from './notification-of';
import { showBadge } from './badge';
import { ANSWER_WITHIN, tapMessage } from './tapped-notification';

/** Newer than the types; a system that does not know it ignores it. */
type Options = NotificationOptions & { data?: { path: string } };

/** B4: what the service worker does when it is woken, and when somebody taps on what it has shown. */
export function watchNotifications(worker: ServiceWorkerGlobalScope): void {
  worker.addEventListener('push', (event) => {
    const { title, body, tag, urgent, path, unread } = notificationOf(event.data?.text() ?? '', Date.now());
    const options: Options = {
      // Without `renotify`: a message that comes again takes the place of the one that is shown, and rings no second time.
      ...{ body, tag, requireInteraction: urgent, data: { path } },
      icon: '/icons/icon-192.png',
      badge: '/icons/icon-192.png',
    };
    const shown = worker.registration.showNotification(title, options);
    // Both, or the browser may put the worker to sleep before the icon has its number.
    event.waitUntil(unread === null ? shown : Promise.all([shown, showBadge(worker.navigator, unread)]));
  });

  worker.addEventListener('notificationclick', (event) => {
    event.notification.close();
    const { path } = event.notification.data as { path: string };
    event.waitUntil(open(worker, path));
  });

  // The browser has changed the subscription by itself: the server would else send to an address where nobody is.
  worker.addEventListener('pushsubscriptionchange', (event) => {
    event.waitUntil(renew(worker, event as Partial<PushSubscriptionChange>));
  });
}

interface PushSubscriptionChange {
  readonly newSubscription: PushSubscription | null;
  readonly oldSubscription: PushSubscription | null;
}

/**
 * In the app's window where there is one that goes there by itself, else in a new one: none is loaded anew, which would
 * lose what somebody is doing in it. Asked before it is brought to the front: one tap allows only one of the two.
 */
async function open(worker: ServiceWorkerGlobalScope, path: string): Promise<void> {
  const all = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  // D2: a visitor's link is no window of the app's.
  const windows = all.filter(({ url }) => new URL(url).pathname !== '/v');
  const found = windows.find(({ focused }) => focused) ?? windows[0];
  if (found && (await goesThere(found, path))) {
    // May be denied: the system does not let it come to the front. It shows the way all the same.
    await found.focus().catch(() => undefined);
    return;
  }
  await worker.clients.openWindow(new URL(path, worker.location.origin).href);
}

/** Whether the window says that it goes. False, too, when it says nothing: an older version, or put to sleep. */
function goesThere(window: WindowClient, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const answer = (goes: boolean): void => {
      clearTimeout(silence);
      port1.close();
      resolve(goes);
    };
    const silence = setTimeout(() => answer(false), ANSWER_WITHIN);
    port1.onmessage = ({ data }) => answer(data === true);
    window.postMessage(tapMessage(path, Date.now()), [port2]);
  });
}

async function renew(
  worker: ServiceWorkerGlobalScope,
  change: Partial<PushSubscriptionChange>,
): Promise<void> {
  const subscription =
    change.newSubscription ?? (await subscribeAnew(worker, change.oldSubscription ?? null));
  if (!subscription) return;
  // Without an answer the app mends it when it is next open (keepPushOn).
  await fetch('/trpc/push.subscribe', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(subscription.toJSON()),
  }).catch(() => undefined);
}

/** With the former one's key, else the server's: some browsers name neither subscription. Null where neither can be had. */
async function subscribeAnew(
  { registration }: ServiceWorkerGlobalScope,
  former: PushSubscription | null,
): Promise<PushSubscription | null> {
  const applicationServerKey = former?.options.applicationServerKey ?? (await serverKey());
  if (applicationServerKey === null) return null;
  return await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

/** What `push.publicKey` answers; null without an answer, and to whom is not signed in. */
async function serverKey(): Promise<string | null> {
  const response = await fetch('/trpc/push.publicKey').catch(() => null);
  if (!response?.ok) return null;
  const { result } = (await response.json()) as { result?: { data?: { publicKey?: unknown } } };
  const key = result?.data?.publicKey;
  return typeof key === 'string' ? key : null;
}
