import * as z from 'zod/mini';

/** Who is signed in, and where: what `auth.session`, `auth.signIn`, `auth.register` and `auth.passkeySignIn` answer. */
export const sessionAnswerSchema = z.object({
  user: z.nullable(z.object({ id: z.string(), email: z.string(), name: z.string() })),
  /** Null for who is signed out and for a user who belongs to no site. */
  member: z.nullable(
    z.object({
      siteId: z.string(),
      memberId: z.string(),
      role: z.enum(['resident', 'guard', 'manager']),
      siteName: z.string(),
    }),
  ),
  registrationOpen: z.boolean(),
  /** When the person last proved in this session to be the account's owner, ms since 1970; null never. */
  verifiedAt: z._default(z.nullable(z.number()), null),
});
export type SessionAnswer = z.infer<typeof sessionAnswerSchema>;
