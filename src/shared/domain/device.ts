import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { replacePasses } from './pass';
import type { Change, State } from './state';
import { isVerified } from './verification';

/**
 * B5: gives an own device up, for good: its key holds no pass again, what it holds is revoked, and passes that are still
 * to be used move to the asking device. That one itself is given up by signing out on it. Needs a proof of who asks.
 * Asked twice it is done once.
 */
export function decideRevokeDevice(
  state: State,
  { clientId }: DomainArgs['device.revoke@1'],
  context: DecisionContext,
): Decision {
  return giveUp(state, { clientId, keeperClientId: context.clientId }, context);
}

/**
 * B5: as `device.revoke@1`, asked by the server for the member when a session is taken away: passes that are still to be
 * used move to the named device of the member, or to none. A keeper that is unknown or given up itself is as good as none.
 */
export function decideRevokeDeviceFor(
  state: State,
  args: DomainArgs['device.revoke@2'],
  context: DecisionContext,
): Decision {
  return giveUp(state, args, context);
}

function giveUp(
  state: State,
  { clientId, keeperClientId }: DomainArgs['device.revoke@2'],
  context: DecisionContext,
): Decision {
  const own = keeperClientId === null ? undefined : state.holderKeys.get(keeperClientId);
  const device = state.holderKeys.get(clientId);
  if (device?.memberId !== context.actor.id) return refused('device_not_found', {});
  if (clientId === keeperClientId || device.key === own?.key) return refused('device_not_found', {});
  if (device.revokedAt !== null) return { status: 'applied', changes: [], data: { passIds: [] } };
  if (!isVerified(context)) return refused('verification_needed', {});
  const keeper = own?.memberId === context.actor.id && own.revokedAt === null ? own : null;
  // A device that counts anew under another id keeps its key: it goes under all of them.
  const removed = [...state.holderKeys.values()].filter(
    ({ key, memberId, revokedAt }) =>
      key === device.key && memberId === context.actor.id && revokedAt === null,
  );
  const passes = replacePasses(state, { from: device.key, to: keeper }, context);
  const changes: Change[] = [
    ...removed.map((row): Change => ({ table: 'holderKeys', row: { ...row, revokedAt: context.now } })),
    ...passes.changes,
  ];
  return { status: 'applied', changes, data: { passIds: passes.passIds } };
}
