import { sessionsApi, type SessionsApi } from '$lib/api/sessions-api';
import { attempt, type AuthResult } from './auth-failure';

/** A browser in which the person is signed in, as the server lists it. Times in ms since 1970. */
export type SignedInDevice = Awaited<ReturnType<SessionsApi['sessions']['list']['query']>>[number];

/** A page of the site's security log. */
export type SecurityPage = Awaited<ReturnType<SessionsApi['security']['events']['query']>>;
export type SecurityLine = SecurityPage['events'][number];
export type SecurityFilter = Parameters<SessionsApi['security']['events']['query']>[0];

/*
 * What a screen can do about devices and reads of the log. As in account.ts nothing throws for a reason that a person can do
 * something about.
 */

export function listDevices(): Promise<AuthResult<readonly SignedInDevice[]>> {
  return attempt(async () => done(await (await sessionsApi()).sessions.list.query()));
}

export function renameDevice(sessionId: string, name: string): Promise<AuthResult<unknown>> {
  return attempt(async () => done(await (await sessionsApi()).sessions.rename.mutate({ sessionId, name })));
}

/** Takes it away for good. Wants a fresh proof of who asks (`callWithVerification`). */
export function revokeDevice(sessionId: string): Promise<AuthResult<unknown>> {
  return attempt(async () => done(await (await sessionsApi()).sessions.revoke.mutate({ sessionId })));
}

/** All but this one. Wants a fresh proof of who asks. */
export function revokeOtherDevices(): Promise<AuthResult<{ revoked: number }>> {
  return attempt(async () => done(await (await sessionsApi()).sessions.revokeOthers.mutate()));
}

/** For managers: one page of the log, newest first. */
export function readSecurityLog(filter: SecurityFilter): Promise<AuthResult<SecurityPage>> {
  return attempt(async () => done(await (await sessionsApi()).security.events.query(filter)));
}

function done<T>(value: T): AuthResult<T> {
  return { ok: true, value };
}
