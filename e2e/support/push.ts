import type { Device } from './device';
import { createECDH, randomBytes } from 'node:crypto';

/** A phone whose browser is subscribed at a push service that there is not; what it would deliver the test delivers. */
export interface WakeablePhone {
  /** Wakes the service worker with this, as a push service would once it is decrypted. */
  deliver(message: object): Promise<void>;
  /** Titles and texts of what is shown. */
  notifications(): Promise<{ title: string; body: string }[]>;
  /** The person taps on the newest. */
  tap(): Promise<void>;
}

/** Before the app is opened. No browser under test has a push service, so its one call is stubbed. */
export async function stubPushService({ context, product }: Device): Promise<void> {
  await context.grantPermissions(['notifications'], { origin: product.origin });
  const p256dh = createECDH('prime256v1').generateKeys().toString('base64url');
  const auth = randomBytes(16).toString('base64url');
  await context.addInitScript(
    ([point, secret]) => {
      // Kept as a browser keeps it: beyond the page's life.
      const KEPT = 'stubbed-subscription';
      const made = () => {
        const publicKey = localStorage.getItem(KEPT);
        if (publicKey === null) return null;
        const text = atob(publicKey.replaceAll('-', '+').replaceAll('_', '/'));
        return {
          options: { applicationServerKey: Uint8Array.from(text, (it) => it.charCodeAt(0)).buffer },
          unsubscribe: () => Promise.resolve(void localStorage.removeItem(KEPT)),
          toJSON: () => ({ endpoint: 'https://push.invalid/phone', keys: { p256dh: point, auth: secret } }),
        };
      };
      Object.assign(PushManager.prototype, {
        getSubscription: () => Promise.resolve(made()),
        subscribe: ({ applicationServerKey }: { applicationServerKey: string }) => {
          localStorage.setItem(KEPT, applicationServerKey);
          return Promise.resolve(made());
        },
      });
    },
    [p256dh, auth] as const,
  );
}

/** Once the service worker controls the page. */
export async function wakeable({ context, page, product }: Device): Promise<WakeablePhone> {
  const session = await context.newCDPSession(page);
  const registered = new Promise<string>((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const found = registrations.find(({ scopeURL }) => scopeURL.startsWith(product.origin));
      if (found) resolve(found.registrationId);
    });
  });
  await session.send('ServiceWorker.enable');
  const registrationId = await registered;
  return {
    async deliver(message) {
      const data = JSON.stringify(message);
      await session.send('ServiceWorker.deliverPushMessage', {
        origin: product.origin,
        registrationId,
        data,
      });
    },
    notifications: () =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready;
        return (await registration.getNotifications()).map(({ title, body }) => ({ title, body }));
      }),
    async tap() {
      const worker = context.serviceWorkers().find((it) => it.url().startsWith(product.origin));
      if (!worker) throw new Error('the service worker does not run');
      // Nothing can click on a notification of a headless browser: the event that a click makes, at the worker.
      await worker.evaluate(async () => {
        const scope = globalThis as unknown as {
          registration: { getNotifications(): Promise<unknown[]> };
          NotificationEvent: new (type: string, options: { notification: unknown }) => Event;
        };
        const [notification] = await scope.registration.getNotifications();
        globalThis.dispatchEvent(new scope.NotificationEvent('notificationclick', { notification }));
      });
    },
  };
}
