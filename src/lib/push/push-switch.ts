import { pushApi } from '$lib/api/unlock-api';
import { attempt, type AuthResult } from '$lib/auth/auth-failure';
import { notePushWanted } from './push-wanted';

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

/** How it stands: on only where the browser and the server both say so, and with the server's key. Changes nothing. */
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

/**
 * Asks the person, then subscribes, and notes that `userId` wants it here (`keepPushOn`). Begins in a tap. Answers how it then stands.
 */
export function turnPushOn(userId: string): Promise<AuthResult<PushStanding>> {
  return attempt(async () => {
    const found = obstacle();
    if (found) return { ok: true, value: found };
    const permission = await Notification.requestPermission();
    if (permission !== 'granted') return { ok: true, value: permission === 'denied' ? 'blocked' : 'off' };
    const { publicKey } = await (await pushApi()).publicKey.query();
    await subscribeWith(publicKey);
    notePushWanted(userId, Date.now());
    return { ok: true, value: 'on' };
  });
}

/**
 * Subscribes anew where the browser, or the server, has lost what this person had turned on here. Asks nobody anything: not where the
 * permission is gone. Without an answer it is tried again at the next call. Rejects with what the browser throws.
 */
export function keepPushOn(userId: string): Promise<AuthResult<PushStanding>> {
  return attempt(async () => {
    const found = obstacle();
    if (found) return { ok: true, value: found };
    if (Notification.permission !== 'granted') return { ok: true, value: 'off' };
    const { publicKey, subscribed } = await (await pushApi()).publicKey.query();
    const own = await ownSubscription();
    if (!own || !subscribed || !isFor(own, publicKey)) await subscribeWith(publicKey);
    notePushWanted(userId, Date.now());
    return { ok: true, value: 'on' };
  });
}

/** Nobody wakes this browser any more. */
export function turnPushOff(): Promise<AuthResult<PushStanding>> {
  return attempt(async () => {
    notePushWanted(null, Date.now());
    await (await pushApi()).unsubscribe.mutate();
    await (await ownSubscription())?.unsubscribe();
    return { ok: true, value: 'off' };
  });
}

async function ownSubscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

async function subscribeWith(publicKey: string): Promise<void> {
  const { endpoint = '', keys } = (await subscribe(publicKey)).toJSON();
  const { p256dh = '', auth = '' } = keys ?? {};
  await (await pushApi()).subscribe.mutate({ endpoint, keys: { p256dh, auth } });
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
