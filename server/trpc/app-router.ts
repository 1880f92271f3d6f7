import { createAccountRouter, type AccountRouterOptions } from './account/account-router';
import type { AuthRouterOptions } from './auth/auth-router';
import { createAuthRouter } from './auth/auth-router';
import { createCalendarRouter, type CalendarRouterOptions } from './calendar/calendar-router';
import { createCreditsRouter, type CreditsRouterOptions } from './credits/credits-router';
import { createPaymentsRouter, type PaymentsRouterOptions } from './payments/payments-router';
import { createOidcRouter, type OidcRouterOptions } from './oidc/oidc-router';
import { createPlatformRouter, type PlatformRouterOptions } from './platform/platform-router';
import { createPushRouter, type PushRouterOptions } from './push/push-router';
import { createInvitationRouter } from './invitation/invitation-router';
import { createJoiningRouter } from './joining/joining-router';
import { createSitesRouter } from './sites/sites-router';
import { createMailRouter, type MailRouterOptions } from './mail/mail-router';
import { createSecurityRouter, type SecurityRouterOptions } from './security/security-router';
import { createSessionsRouter, type SessionsRouterOptions } from './sessions/sessions-router';
import type { SyncRouterOptions } from './sync/sync-router';
import { createSyncRouter } from './sync/sync-router';
import { router } from './trpc';
import { createUnlockRouter, type UnlockRouterOptions } from './unlock/unlock-router';
import { createVisitorRouter, type VisitorRouterOptions } from './visitor/visitor-router';

/** All procedures under /trpc. */
export function createAppRouter(
  options: AccountRouterOptions &
    AuthRouterOptions &
    CreditsRouterOptions &
    PaymentsRouterOptions &
    CalendarRouterOptions &
    MailRouterOptions &
    OidcRouterOptions &
    SecurityRouterOptions &
    SessionsRouterOptions &
    SyncRouterOptions &
    VisitorRouterOptions &
    PlatformRouterOptions &
    PushRouterOptions &
    UnlockRouterOptions,
) {
  return router({
    account: createAccountRouter(options),
    auth: createAuthRouter(options),
    calendar: createCalendarRouter(options),
    credits: createCreditsRouter(options),
    payments: createPaymentsRouter(options),
    mail: createMailRouter(options),
    oidc: createOidcRouter(options),
    platform: createPlatformRouter(options),
    push: createPushRouter(options),
    invitation: createInvitationRouter(options),
    joining: createJoiningRouter(options),
    security: createSecurityRouter(options),
    sessions: createSessionsRouter(options),
    sites: createSitesRouter(options),
    sync: createSyncRouter(options),
    unlock: createUnlockRouter(options),
    visitor: createVisitorRouter(options),
  });
}

/** What a client needs to know: types only. */
export type AppRouter = ReturnType<typeof createAppRouter>;
