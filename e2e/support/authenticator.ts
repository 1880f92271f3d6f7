import type { CDPSession } from '@playwright/test';
import type { Device } from './device';

/** A passkey as a virtual authenticator keeps it; CDP's own form. */
export type VirtualPasskey = Awaited<ReturnType<typeof passkeysOf>>[number];

/** A phone's screen lock that says yes to whatever asks. */
export interface VirtualAuthenticator {
  /** The passkeys made on it, to be put into another device's: what a person's password manager does. */
  passkeys(): Promise<VirtualPasskey[]>;
  add(passkey: VirtualPasskey): Promise<void>;
}

/** Gives the device an authenticator, for as long as its page lives. */
export async function addAuthenticator(device: Device): Promise<VirtualAuthenticator> {
  const session = await device.context.newCDPSession(device.page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    passkeys: () => passkeysOf(session, authenticatorId),
    async add(credential) {
      await session.send('WebAuthn.addCredential', { authenticatorId, credential });
    },
  };
}

async function passkeysOf(session: CDPSession, authenticatorId: string) {
  return (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
}
