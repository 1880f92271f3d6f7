import { pushApi } from '$lib/api/unlock-api';
import { attempt, type AuthResult } from '$lib/auth/auth-failure';

/**
 * Whether this browser is woken. `unsupported`: it cannot be, as an iPhone's Safari outside of the home screen. `blocked`: the
 * person has told the browser never to ask again, and only its own settings undo that.
 */
export type PushStanding = 'unsupported' | 'blocked' | 'off' | 'on';

/** Whether this browser can be woken at all, and may: without a question to the server. */
function obstacle(): 'unsupported' | 'blocked' | null {
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) {
    return 'unsupported';
  }
  return Notification.permission === 'denied' ? 'blocked' : null;
}

/** How it stands: on only where the browser and the server both say so. Mends what one of them has lost. */
export function pushStanding(): Promise<AuthResult<PushStanding>> {
  return attempt(async () => {
    const found = obstacle();
    if (found) return { ok: true, value: found };
    const subscription = await ownSubscription();
    const api = await pushApi();
    const { publicKey, subscribed } = await api.publicKey.query();
    if (!subscription || !subscribed) return { ok: true, value: 'off' };
    if (!isFor(subscription, publicKey)) return { ok: true, value: 'off' };
    return { ok: true, value: 'on' };
  });
}

/** Asks the person, then subscribes. Begins in a tap. Answers how it then stands. */
export function turnPushOn(): Promise<AuthResult<PushStanding>> {
  return attempt(async () => {
    const found = obstacle();
    if (found) return { ok: true, value: found };
    const permission = await Notification.requestPermission();
    if (permission !== 'granted') return { ok: true, value: permission === 'denied' ? 'blocked' : 'off' };
    const api = await pushApi();
    const { publicKey } = await api.publicKey.query();
    const subscription = await subscribe(publicKey);
    const { endpoint, keys } = subscription.toJSON();
    const { p256dh = '', auth = '' } = keys ?? {};
    await api.subscribe.mutate({ endpoint: endpoint ?? '', keys: { p256dh, auth } });
    return { ok: true, value: 'on' };
  });
}

/** Nobody wakes this browser any more. */
export function turnPushOff(): Promise<AuthResult<PushStanding>> {
  return attempt(async () => {
    await (await pushApi()).unsubscribe.mutate();
    await (await ownSubscription())?.unsubscribe();
    return { ok: true, value: 'off' };
  });
}

async function ownSubscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

async function subscribe(publicKey: string): Promise<PushSubscription> {
  const { pushManager } = await navigator.serviceWorker.ready;
  const former = await pushManager.getSubscription();
  if (former && isFor(former, publicKey)) return former;
  // A browser refuses a second subscription with another server's key.
  await former?.unsubscribe();
  return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
}

function isFor(subscription: PushSubscription, publicKey: string): boolean {
  const key = subscription.options.applicationServerKey;
  if (!key) return false;
  const text = btoa(String.fromCharCode(...new Uint8Array(key)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') === publicKey;
}
