import type { Role } from '#shared/domain/entities';

/** Who is signed in, and where: what `auth.session`, `auth.signIn`, `auth.register` and `auth.passkeySignIn` answer. */
export interface SessionAnswer {
  readonly user: { readonly id: string; readonly email: string; readonly name: string } | null;
  /** Null for who is signed out and for a user who belongs to no site. */
  readonly member: {
    readonly siteId: string;
    readonly memberId: string;
    readonly role: Role;
    readonly siteName: string;
  } | null;
  readonly registrationOpen: boolean;
}
