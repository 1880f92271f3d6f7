import * as z from 'zod/mini';

/**
 * Where a server's mails go: to a mail server, to the page that the demo's manager reads, or nowhere, because nobody has
 * said where (SMTP_URL).
 */
export const mailDeliverySchema = z.enum(['smtp', 'outbox', 'off']);
export type MailDelivery = z.infer<typeof mailDeliverySchema>;

/** One's own account, as Settings shows it: what `account.summary` answers. */
export const accountSummarySchema = z.object({
  email: z.string(),
  isEmailVerified: z.boolean(),
  /** The address that a link was sent to and that is to take the other's place; null without one. */
  newEmail: z.nullable(z.string()),
  name: z.string(),
  locale: z.enum(['en', 'de']),
  hasPassword: z.boolean(),
  passkeys: z.number(),
  identities: z.number(),
  mailDelivery: mailDeliverySchema,
});
export type AccountSummary = z.infer<typeof accountSummarySchema>;

/** A mail that could go nowhere, for the demo's manager to read: `mail.outbox`. */
export const outboxMailSchema = z.object({
  id: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  /** ms since 1970 */
  createdAt: z.number(),
});
export type OutboxMail = z.infer<typeof outboxMailSchema>;
