import * as z from 'zod/mini';

/** Who is signed in, and where: what `auth.session`, `auth.signIn`, `auth.register` and `auth.passkeySignIn` answer. */
export const sessionAnswerSchema = z.object({
  user: z.nullable(
    z.object({
      id: z.string(),
      email: z.string(),
      name: z.string(),
      /** E2: runs the installation. */
      isAdministrator: z._default(z.boolean(), false),
    }),
  ),
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

/** The first factor was right and the account has a second: nobody is signed in yet. */
export const secondFactorNeededSchema = z.object({
  secondFactor: z.object({
    /** The secret to come back with, together with a code: `auth.signInSecondFactor`. Good for ten minutes and five tries. */
    stepToken: z.string(),
  }),
});
export type SecondFactorNeeded = z.infer<typeof secondFactorNeededSchema>;

/** What a way in answers that an account's second factor guards: password, recovery, another provider. */
export type SignInAnswer = SessionAnswer | SecondFactorNeeded;

/** Whether the answer asks for the second factor, rather than telling whose session has begun. */
export function needsSecondFactor(answer: SignInAnswer): answer is SecondFactorNeeded {
  return 'secondFactor' in answer;
}

const STEP_MARK = '#second-factor=';

/** Where a sign-in that the server itself has redirected goes on with its second factor. The secret stands in the fragment. */
export function secondFactorPath({ stepToken, next }: { stepToken: string; next?: string }): string {
  const query = next === undefined ? '' : `?next=${encodeURIComponent(next)}`;
  return `/sign-in${query}${STEP_MARK}${stepToken}`;
}

/** The step's secret in a `location.hash` of `secondFactorPath`; undefined without one. */
export function stepTokenIn(hash: string): string | undefined {
  return hash.startsWith(STEP_MARK) ? hash.slice(STEP_MARK.length) : undefined;
}
