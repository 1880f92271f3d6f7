import type { Pool } from 'pg';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { SecretKey } from '../../platform/secret-key';
import type { SiteIntents } from '../visitors/site-intents';
import { createLocalProvider, type LocalProvider } from './local-provider';
import type { PaymentProvider } from './payment-provider';
import { createPayments, type Payments } from './payments';
import { createStripeProvider, type StripeSettings } from './stripe-provider';

export interface PaymentServicesOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly siteIntents: SiteIntents;
  readonly secretKey: SecretKey;
  readonly origin: string;
  /** Sells the credits of every site; without it none are sold online but the demo's. */
  readonly stripe?: StripeSettings | undefined;
  /** The demo site, whose credits cost nobody anything. */
  readonly demoSiteId?: string | null | undefined;
  /** The network, in tests. */
  readonly stripeFetch?: typeof fetch | undefined;
  readonly logger: Logger;
}

export interface PaymentServices {
  readonly payments: Payments;
  readonly providers: ReadonlyMap<string, PaymentProvider>;
  /** Where it sells; null where nothing is sold for play. */
  readonly local: LocalProvider | null;
  /** Whether this site's purchases are paid on the local provider's page. */
  isLocal(siteId: string): boolean;
}

/**
 * Wires the payments of one process. The local provider gives credits for nothing, so it is there for the demo site and no other,
 * and only where no real provider is.
 */
export function createPaymentServices(options: PaymentServicesOptions): PaymentServices {
  const { stripe, demoSiteId, origin, secretKey, clock, stripeFetch } = options;
  const providers = new Map<string, PaymentProvider>();
  const real = stripe
    ? createStripeProvider({ settings: stripe, origin, ...(stripeFetch && { fetch: stripeFetch }) })
    : null;
  const local =
    !real && demoSiteId
      ? createLocalProvider({
          ...{ secretKey, origin, clock },
          onRefund: async ({ body, headers }) => {
            const received = await payments.receive('local', body, headers);
            if (received !== 'done' && received !== 'again') throw new Error(`a refund was ${received}`);
          },
        })
      : null;
  for (const provider of [real, local]) if (provider) providers.set(provider.name, provider);
  const isLocal = (siteId: string) => local !== null && siteId === demoSiteId;
  const payments: Payments = createPayments({
    ...options,
    providers,
    providerOf: (siteId) => real ?? (isLocal(siteId) ? local : null),
  });
  return { payments, providers, local, isLocal };
}
