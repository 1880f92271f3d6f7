/// <reference lib="webworker" />
import { clientsClaim } from 'workbox-core';
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { watchNotifications } from './lib/push/worker-notifications';

// The worker's global scope; TypeScript would have it be a window.
const worker = globalThis as unknown as ServiceWorkerGlobalScope & typeof globalThis;

// The build puts the list of files and their revisions in place of `self.__WB_MANIFEST`.
precacheAndRoute(
  (self as unknown as { __WB_MANIFEST: Parameters<typeof precacheAndRoute>[0] }).__WB_MANIFEST,
);
cleanupOutdatedCaches();

// Every page is the same shell: the URL picks the screen once the app runs. With this a cold start needs no server.
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/'), {
    denylist: [/^\/trpc(\/|$)/, /^\/health(\/|$)/, /^\/oidc\/callback\//, /^\/calendar\//],
  }),
);

// Someone who opens the app for the first time and then drives into the garage has screens not loaded yet: the
// worker takes over that very page, so that these come from the cache.
clientsClaim();

// An update waits until the person agrees (see service-worker-update): their screen does not change under them.
worker.addEventListener('message', (event) => {
  if ((event.data as { type?: unknown } | null)?.type === 'SKIP_WAITING') void worker.skipWaiting();
});

watchNotifications(worker);
