import type { AccountSummary, MailDelivery, OutboxMail } from '#shared/protocol/account';
import type { SignInAnswer } from '#shared/protocol/session';
import { attempt, type AuthResult } from './auth-failure';

/*
 * One's own account as its screens ask for it: the e-mail and its links, the way back in, one's data, the end. As in account.ts,
 * nothing throws for a reason that a person can do something about. What wants a fresh proof of who asks fails with
 * `verification_needed` (verification.ts).
 */

async function load() {
  return (await import('$lib/api/browser-client')).trpc;
}

function call<T>(deed: (api: Awaited<ReturnType<typeof load>>) => Promise<T>): Promise<AuthResult<T>> {
  return attempt(async () => ({ ok: true, value: await deed(await load()) }));
}

/** What Settings shows. */
export function accountSummary(): Promise<AuthResult<AccountSummary>> {
  return call((api) => api.account.summary.query());
}

/** Sends the link that proves the address, unless it is proved. */
export function sendEmailVerification(): Promise<AuthResult<{ mailDelivery: MailDelivery }>> {
  return call((api) => api.account.sendEmailVerification.mutate());
}

/** Sends a link to the new address, which is used only after that. Wants a fresh proof. Refuses email_invalid. */
export function changeEmail(email: string): Promise<AuthResult<{ mailDelivery: MailDelivery }>> {
  return call((api) => api.account.changeEmail.mutate({ email }));
}

/** Uses a link of one of those two mails up. Refuses link_over, link_elsewhere, email_taken. */
export function useEmailLink(token: string): Promise<AuthResult<{ email: string; isChanged: boolean }>> {
  return call((api) => api.account.useEmailLink.mutate({ token }));
}

/** Asks for a link into an account. The answer is the same whether there is one. */
export function askToRecover(email: string): Promise<AuthResult<{ mailDelivery: MailDelivery }>> {
  return call((api) => api.account.recover.mutate({ email }));
}

/** Uses such a link up: signs in, or begins the second step of an account that has one. Refuses link_over. */
export function recoverWith(token: string): Promise<AuthResult<SignInAnswer>> {
  return call((api) => api.account.recoverWith.mutate({ token }));
}

/** The language of one's mails. */
export function setLocale(locale: AccountSummary['locale']): Promise<AuthResult<unknown>> {
  return call((api) => api.account.setLocale.mutate({ locale }));
}

/** All that the server keeps of the person, as the text of a JSON file. Wants a fresh proof. */
export function exportData(): Promise<AuthResult<string>> {
  return call(async (api) => JSON.stringify(await api.account.exportData.mutate(), null, 2));
}

/** Ends the account. Wants a fresh proof. Refuses last_manager. */
export function deleteAccount(): Promise<AuthResult<unknown>> {
  return call((api) => api.account.delete.mutate());
}

/** What the demo would have sent; for its manager. Newest first. */
export function outboxMails(): Promise<AuthResult<readonly OutboxMail[]>> {
  return call((api) => api.mail.outbox.query());
}
