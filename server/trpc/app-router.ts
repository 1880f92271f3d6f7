import type { AuthRouterOptions } from './auth/auth-router';
import { createAuthRouter } from './auth/auth-router';
import type { SyncRouterOptions } from './sync/sync-router';
import { createSyncRouter } from './sync/sync-router';
import { router } from './trpc';
import { createVisitorRouter, type VisitorRouterOptions } from './visitor/visitor-router';

/** All procedures under /trpc. */
export function createAppRouter(options: AuthRouterOptions & SyncRouterOptions & VisitorRouterOptions) {
  return router({
    auth: createAuthRouter(options),
    sync: createSyncRouter(options),
    visitor: createVisitorRouter(options),
  });
}

/** What a client needs to know: types only. */
export type AppRouter = ReturnType<typeof createAppRouter>;
