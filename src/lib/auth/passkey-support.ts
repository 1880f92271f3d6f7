import { browserSupportsWebAuthn } from '@simplewebauthn/browser';
import type { PasskeyProblem } from './passkey-problems';

/** Where the app runs, as far as it matters for passkeys; `window` fits. */
export interface PasskeyPlace {
  readonly isSecureContext: boolean;
  readonly location: { readonly hostname: string };
}

/**
 * Why passkeys cannot work here at all, or nothing when they may be offered. Whether the device has a built-in
 * authenticator is not asked: a security key or a phone nearby does as well, and browsers answer "unknown" too often.
 */
export function findPasskeyObstacle(place: PasskeyPlace): PasskeyProblem | undefined {
  if (!place.isSecureContext) return 'not_secure';
  if (isIpAddress(place.location.hostname)) return 'address_without_name';
  return browserSupportsWebAuthn() ? undefined : 'not_supported';
}

/** A relying party's id is a domain name, so that the browser refuses addresses, also with a good certificate. */
function isIpAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}
