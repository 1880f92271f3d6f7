import { sep } from 'node:path';
import type { Plugin, ViteDevServer } from 'vite';
import type * as devApiModule from './dev-api';
import type { DevApi } from './dev-api';

const ENTRY = '/server/http/dev-api.ts';
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const PATHS = /^\/(trpc|health|calendar|oidc\/callback)\//;

/** Milliseconds after which the process ends in any case when it is told to. */
const END_AFTER = 10_000;

/**
 * Serves the API from Vite's dev server, so that `npm run dev` is one process at one origin. Only one API lives at a
 * time: it is closed before a change of the server's code starts the next, and before the process ends.
 */
export function apiPlugin(): Plugin {
  let close: () => Promise<void> = () => Promise.resolve();
  return {
    name: 'undercroft-api',
    apply: 'serve',
    configureServer(vite) {
      close = serveApi(vite);
    },
    closeServer: () => close(),
  };
}

/** Answers how to end it for good; may be called twice. */
function serveApi(vite: ViteDevServer): () => Promise<void> {
  let current: Promise<DevApi> | null = null;
  let closing: Promise<void> = Promise.resolve();
  let isEnding = false;
  let isTold = false;

  const load = async (): Promise<DevApi> => {
    await closing;
    const loaded = (await vite.ssrLoadModule(ENTRY)) as typeof devApiModule;
    return await loaded.startDevApi(new URL(vite.resolvedUrls?.local[0] ?? 'http://localhost:5173').origin);
  };

  const close = (): void => {
    const ending = current;
    if (!ending) return;
    current = null;
    closing = ending.then((api) => api.close()).catch((error: unknown) => report(vite, error));
  };

  vite.watcher.on('change', (file) => {
    if ([`${sep}server${sep}`, `${sep}src${sep}shared${sep}`].some((part) => file.includes(part))) close();
  });

  const endForGood = async (): Promise<void> => {
    isEnding = true;
    close();
    await closing;
    // Vite starts anew in this process, with another one of these.
    if (!isTold) for (const signal of SIGNALS) process.off(signal, endProcess);
  };

  // Vite has no handler for SIGINT, so that nobody would wait for the API, and its Postgres would live on.
  const endProcess = (): void => {
    // A signal may come twice (the terminal's own, and npm's): the second one must not cut the ending short.
    if (isTold) return;
    isTold = true;
    setTimeout(() => process.exit(1), END_AFTER).unref();
    void Promise.allSettled([endForGood(), vite.close()]).then(() => process.exit(0));
  };
  for (const signal of SIGNALS) process.on(signal, endProcess);

  vite.middlewares.use((request, response, next) => {
    if (isEnding || !PATHS.test(request.url ?? '')) return next();
    current ??= load();
    const api = current;
    api.then(
      (loaded) => {
        if (!loaded.handle(request, response)) next();
      },
      (error: unknown) => {
        // The next request tries again: the mistake may have been mended.
        if (current === api) current = null;
        next(error);
      },
    );
  });
  return endForGood;
}

function report(vite: ViteDevServer, error: unknown): void {
  vite.config.logger.error(
    `The API did not close: ${error instanceof Error ? error.message : String(error)}`,
  );
}
