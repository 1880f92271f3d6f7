import type { AuthRouterOptions } from './auth/auth-router';
import { createAuthRouter } from './auth/auth-router';
import type { SyncRouterOptions } from './sync/sync-router';
import { createSyncRouter } from './sync/sync-router';
import { router } from './trpc';

/** All procedures under /trpc. */
export function createAppRouter(options: AuthRouterOptions & SyncRouterOptions) {
  return router({ auth: createAuthRouter(options), sync: createSyncRouter(options) });
}

/** What a client needs to know: types only. */
export type AppRouter = ReturnType<typeof createAppRouter>;
