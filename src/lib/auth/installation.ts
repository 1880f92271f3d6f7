import { platformApi, type PlatformApi } from '$lib/api/platform-api';
import { attempt, type AuthResult } from './auth-failure';

/** E2: the sites of this installation with their figures, and those of all of it. */
export type InstallationView = Awaited<ReturnType<PlatformApi['platform']['sites']['query']>>;
export type SiteView = InstallationView['sites'][number];

/*
 * What a screen can do about the installation, for who runs it. As in account.ts, nothing throws for a reason that a person
 * can do something about.
 */

export function describeInstallation(): Promise<AuthResult<InstallationView>> {
  return attempt(async () => done(await (await platformApi()).platform.sites.query()));
}

/** Needs a fresh proof of who asks: `verification_needed` otherwise. */
export function makeSite(site: {
  name: string;
  timeZone: string;
  managerEmail: string;
}): Promise<AuthResult<unknown>> {
  return attempt(async () => done(await (await platformApi()).platform.makeSite.mutate(site)));
}

/** The same. */
export function inviteFirstManager(invitation: {
  siteId: string;
  email: string;
}): Promise<AuthResult<unknown>> {
  return attempt(async () => done(await (await platformApi()).platform.inviteManager.mutate(invitation)));
}

/** Whether who is signed in here runs the installation; false where that cannot be told. */
export async function isAdministrator(): Promise<boolean> {
  const session = await attempt(async () => done(await (await platformApi()).auth.session.query()));
  return session.ok && session.value.user?.isAdministrator === true;
}

function done<T>(value: T): AuthResult<T> {
  return { ok: true, value };
}
