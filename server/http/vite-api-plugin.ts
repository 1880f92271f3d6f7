import { sep } from 'node:path';
import type { Plugin, ViteDevServer } from 'vite';
import type * as devApiModule from './dev-api';
import type { DevApi } from './dev-api';

const ENTRY = '/server/http/dev-api.ts';
const PATHS = /^\/(trpc|health)\//;

/**
 * Serves the API from Vite's dev server, so that `npm run dev` is one process at one origin. Only one API lives at a
 * time: it is closed before a change of the server's code starts the next.
 */
export function apiPlugin(): Plugin {
  return { name: 'undercroft-api', apply: 'serve', configureServer: serveApi };
}

function serveApi(vite: ViteDevServer): void {
  let current: Promise<DevApi> | null = null;
  let closing: Promise<void> = Promise.resolve();

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
  vite.httpServer?.on('close', close);

  vite.middlewares.use((request, response, next) => {
    if (!PATHS.test(request.url ?? '')) return next();
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
}

function report(vite: ViteDevServer, error: unknown): void {
  vite.config.logger.error(
    `The API did not close: ${error instanceof Error ? error.message : String(error)}`,
  );
}
