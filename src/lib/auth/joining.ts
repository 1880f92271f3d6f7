import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/browser';
import type { SessionAnswer } from '#shared/protocol/session';
import { joiningApi, type JoiningApi } from '$lib/api/joining-api';
import { attempt as attemptCall, fromCeremony, type AuthResult } from './auth-failure';
import type { PasskeyCalls } from './passkey-ceremonies';

type ValueOf<Call> = Call extends { query: (...input: never[]) => infer Promised }
  ? Awaited<Promised>
  : Call extends { mutate: (...input: never[]) => infer Promised }
    ? Awaited<Promised>
    : never;
type InputOf<Call> = Call extends { mutate: (input: infer Input, ...others: never[]) => unknown }
  ? Input
  : never;

/** What an invitation's secret opens. */
export type InvitationView = ValueOf<JoiningApi['invitation']['look']>;
export type OwnSites = ValueOf<JoiningApi['sites']['mine']>;
export type JoinableSite = ValueOf<JoiningApi['sites']['joinable']>[number];
export type IssuedLink = ValueOf<JoiningApi['invitation']['issueLink']>;
export type IssuedSheet = ValueOf<JoiningApi['invitation']['issueSheet']>;

/*
 * What a screen can do about belonging to sites: A1's invitations and requests, and one account in several sites. As in
 * account.ts, nothing throws for a reason that a person can do something about.
 */

/** Somebody who wants an account; `invitation` is the secret of one, where there is one. */
export interface Newcomer {
  readonly name: string;
  readonly email: string;
  readonly invitation?: string;
}

export function registerWithPassword(
  newcomer: Newcomer & { password: string },
): Promise<AuthResult<SessionAnswer>> {
  return attempt(async (api) => done(await api.auth.register.mutate(newcomer)));
}

/** An account by a passkey alone. Begins in a tap. */
export function registerWithPasskey(
  newcomer: Newcomer,
  passkeyName: string,
): Promise<AuthResult<SessionAnswer>> {
  return attempt(async ({ auth }) => {
    const { enrolPasskey } = await import('./passkey-ceremonies');
    const calls = {
      registerOptions: async () => {
        const { challengeId, options } = await auth.registerByPasskeyOptions.mutate(newcomer);
        // As in account.ts: tRPC's wire types turn the binary values of an extension that is not used inside out.
        return { challengeId, options: options as unknown as PublicKeyCredentialCreationOptionsJSON };
      },
      register: ({ name: ofPasskey, ...made }: Made) =>
        auth.registerByPasskey.mutate({ ...newcomer, ...made, passkeyName: ofPasskey }),
    };
    return fromCeremony(await enrolPasskey<SessionAnswer>(calls, passkeyName));
  });
}

/** Who is signed in in this browser, at a site or not. */
export function currentSession(): Promise<AuthResult<SessionAnswer>> {
  return attempt(async (api) => done(await api.auth.session.query()));
}

export function lookAtInvitation(secret: string): Promise<AuthResult<InvitationView>> {
  return attempt(async (api) => done(await api.invitation.look.mutate({ secret })));
}

/** Joins who is signed in; answers the session at the new site. */
export function acceptInvitation(secret: string): Promise<AuthResult<SessionAnswer>> {
  return attempt(async (api) => done(await api.invitation.accept.mutate({ secret })));
}

export function mySites(): Promise<AuthResult<OwnSites>> {
  return attempt(async (api) => done(await api.sites.mine.query()));
}

export function joinableSites(): Promise<AuthResult<readonly JoinableSite[]>> {
  return attempt(async (api) => done(await api.sites.joinable.query()));
}

/** Answers the session at the other site. */
export function switchSite(siteId: string): Promise<AuthResult<SessionAnswer>> {
  return attempt(async (api) => done(await api.sites.switch.mutate({ siteId })));
}

/** Answers the session at a site that is open to all; null where a manager has to answer first. */
export function askToJoin(
  wish: InputOf<JoiningApi['joining']['ask']>,
): Promise<AuthResult<SessionAnswer | null>> {
  return attempt(async (api) => done((await api.joining.ask.mutate(wish)).session));
}

export function withdrawRequest(requestId: string): Promise<AuthResult<unknown>> {
  return attempt(async (api) => done(await api.joining.withdraw.mutate({ requestId })));
}

export function inviteByEmail(
  invitation: InputOf<JoiningApi['invitation']['issueByEmail']>,
): Promise<AuthResult<unknown>> {
  return attempt(async (api) => done(await api.invitation.issueByEmail.mutate(invitation)));
}

export function inviteByLink(
  invitation: InputOf<JoiningApi['invitation']['issueLink']>,
): Promise<AuthResult<IssuedLink>> {
  return attempt(async (api) => done(await api.invitation.issueLink.mutate(invitation)));
}

export function inviteBySheet(
  sheet: InputOf<JoiningApi['invitation']['issueSheet']>,
): Promise<AuthResult<IssuedSheet>> {
  return attempt(async (api) => done(await api.invitation.issueSheet.mutate(sheet)));
}

export function revokeInvitation(
  which: InputOf<JoiningApi['invitation']['revoke']>,
): Promise<AuthResult<unknown>> {
  return attempt(async (api) => done(await api.invitation.revoke.mutate(which)));
}

type Made = Parameters<PasskeyCalls<SessionAnswer, never>['register']>[0];

function done<T>(value: T): AuthResult<T> {
  return { ok: true, value };
}

function attempt<T>(deed: (api: JoiningApi) => Promise<AuthResult<T>>): Promise<AuthResult<T>> {
  return attemptCall(async () => deed(await joiningApi()));
}
