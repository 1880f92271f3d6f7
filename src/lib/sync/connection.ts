import type { Failure } from '$lib/api/sync-api';

/**
 * `paused`: signed out at the server; the queue is kept until the same member signs in again.
 * `left`: the server knows the person, who is no member of the site any more; the queue is kept all the same.
 * `update_needed`: this build and the server do not understand each other.
 */
export type ConnectionState = 'online' | 'connecting' | 'offline' | 'paused' | 'left' | 'update_needed';

export type ConnectionEvent =
  /** A pass or the poke stream has come through. */
  | 'succeeded'
  /** No answer, or one that says to try later. */
  | 'failed'
  /** The server does not take this session for this queue. */
  | 'session_refused'
  /** The server does not know the person as a member of a site. */
  | 'membership_refused'
  /** The server does not take this build. */
  | 'build_refused'
  | 'signed_in'
  /** The browser says so. */
  | 'network_lost'
  | 'network_back';

/** Total: every state × event is listed, and the compiler finds a gap. */
export const transitions: Readonly<
  Record<ConnectionState, Readonly<Record<ConnectionEvent, ConnectionState>>>
> = {
  connecting: {
    succeeded: 'online',
    failed: 'offline',
    session_refused: 'paused',
    membership_refused: 'left',
    build_refused: 'update_needed',
    signed_in: 'connecting',
    network_lost: 'offline',
    network_back: 'connecting',
  },
  online: {
    succeeded: 'online',
    failed: 'offline',
    session_refused: 'paused',
    membership_refused: 'left',
    build_refused: 'update_needed',
    signed_in: 'connecting',
    network_lost: 'offline',
    network_back: 'online',
  },
  offline: {
    succeeded: 'online',
    failed: 'offline',
    session_refused: 'paused',
    membership_refused: 'left',
    build_refused: 'update_needed',
    signed_in: 'connecting',
    network_lost: 'offline',
    network_back: 'connecting',
  },
  // A lost network says nothing about the session: the person still has to sign in.
  paused: {
    succeeded: 'online',
    failed: 'paused',
    session_refused: 'paused',
    membership_refused: 'left',
    build_refused: 'update_needed',
    signed_in: 'connecting',
    network_lost: 'paused',
    network_back: 'paused',
  },
  // Only a manager can end it, or a sign-in as somebody else.
  left: {
    succeeded: 'online',
    failed: 'left',
    session_refused: 'paused',
    membership_refused: 'left',
    build_refused: 'update_needed',
    signed_in: 'connecting',
    network_lost: 'left',
    network_back: 'left',
  },
  // Only a pass that goes through ends it: a server that was rolled back, or the new build after a reload.
  update_needed: {
    succeeded: 'online',
    failed: 'update_needed',
    session_refused: 'paused',
    membership_refused: 'left',
    build_refused: 'update_needed',
    signed_in: 'update_needed',
    network_lost: 'update_needed',
    network_back: 'update_needed',
  },
};

/** B5: the session was taken away: what is here is to be wiped. */
export const REVOKED_CODE = 'session_revoked';
const sessionCodes = new Set(['signed_out', REVOKED_CODE, 'client_foreign']);
const buildCodes = new Set([
  'protocol_unsupported',
  'request_invalid',
  'too_many_intents',
  'request_too_large',
]);

/** What a failed call means for the connection. */
export function eventOf(failure: Failure): ConnectionEvent {
  if (failure.kind === 'unreadable') return 'build_refused';
  if (failure.kind === 'unreachable') return 'failed';
  if (failure.code === 'no_site') return 'membership_refused';
  if (sessionCodes.has(failure.code)) return 'session_refused';
  return buildCodes.has(failure.code) ? 'build_refused' : 'failed';
}
