import type { CreditsOverview, MutualUses, ReceiptFile } from '#shared/protocol/credits';
import { creditsApi } from '$lib/api/credits-api';
import { attempt, type AuthResult } from '$lib/auth/auth-failure';

/** B8: the page on which to pay for a purchase that the server has confirmed. */
export function askCheckout(topupId: string): Promise<AuthResult<{ url: string }>> {
  return attempt(async () => done(await (await creditsApi()).payments.checkout.mutate({ topupId })));
}

/** B8: Pay, or Cancel, on the demo's page. */
export function payForPlay(topupId: string, pays: boolean): Promise<AuthResult<object>> {
  return attempt(async () => done(await (await creditsApi()).payments.localPay.mutate({ topupId, pays })));
}

/** B8: the receipt as a PDF. */
export function fetchReceipt(topupId: string): Promise<AuthResult<ReceiptFile>> {
  return attempt(async () => done(await (await creditsApi()).credits.receipt.query({ topupId })));
}

/** C5, C6: the site's books and who uses whose slots both ways; for managers. */
export function readBooks(): Promise<AuthResult<{ overview: CreditsOverview; mutual: MutualUses }>> {
  return attempt(async () => {
    const { credits } = await creditsApi();
    const [overview, mutual] = await Promise.all([credits.overview.query(), credits.mutualUses.query()]);
    return done({ overview, mutual });
  });
}

function done<T>(value: T): AuthResult<T> {
  return { ok: true, value };
}
