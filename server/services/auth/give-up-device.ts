import type { Push, SubmitResult } from '../../arbiter/push';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';

export interface DeviceToGiveUp {
  readonly siteId: string;
  readonly memberId: string;
  readonly clientId: string;
  /** The member's device that takes the passes over; null for none. */
  readonly keeperClientId: string | null;
  /** When the member last proved to be the owner, ms since 1970. */
  readonly verifiedAt: number;
}

/**
 * B5: `device.revoke@2` in the member's name. Each time as a client of its own: nobody takes turns, and nothing has to be
 * remembered between processes. One that is gone already is no error; rejects when there is no outcome.
 */
export type GiveUpDevice = (device: DeviceToGiveUp) => Promise<void>;

export function createGiveUpDevice(options: {
  arbiter: { submit(push: Push): Promise<SubmitResult> };
  clock: Clock;
  newId: IdGenerator;
}): GiveUpDevice {
  const { arbiter, clock, newId } = options;
  return async ({ siteId, memberId, clientId, keeperClientId, verifiedAt }) => {
    const result = await arbiter.submit({
      siteId,
      // The arbiter reads role and name again.
      member: { id: memberId, role: 'resident', name: '' },
      clientId: newId(),
      verifiedAt,
      intents: [
        {
          ...{ seq: 1, id: newId(), op: 'device.revoke@2', args: { clientId, keeperClientId } },
          ...{ deviceTime: clock.now(), expiresAt: null },
        },
      ],
    });
    const outcome = result.ok ? result.outcomes[0] : undefined;
    if (outcome?.status === 'applied' || outcome?.code === 'device_not_found') return;
    throw new Error(
      `a device could not be given up: ${result.ok ? (outcome?.code ?? 'no outcome') : result.code}`,
    );
  };
}
