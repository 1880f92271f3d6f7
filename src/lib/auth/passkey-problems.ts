/** Why a passkey ceremony came to nothing in this browser; what the server refuses has codes of its own. */
export type PasskeyProblem =
  | 'not_secure'
  | 'address_without_name'
  | 'not_supported'
  | 'cancelled'
  | 'already_here'
  | 'wrong_address'
  | 'device_cannot';

export interface ProblemText {
  readonly sentence: string;
  readonly next: string;
}

/**
 * The words for each; of the same shape as `errorTexts` of the protocol, which is for what a server can say.
 * A browser does not tell a person who said no from one who let the time pass (WebAuthn §14.5.2), so neither does this.
 */
export const passkeyProblemTexts: Readonly<Record<PasskeyProblem, ProblemText>> = {
  not_secure: {
    sentence: 'Passkeys only work over a secure connection.',
    next: 'Open the app at its https address, or use your password.',
  },
  address_without_name: {
    sentence: 'Passkeys do not work at a bare IP address.',
    next: 'Open the app at its name, or use your password.',
  },
  not_supported: {
    sentence: 'This browser cannot use passkeys.',
    next: 'Use your password, or another browser.',
  },
  cancelled: {
    sentence: 'The passkey was not used.',
    next: 'Try again when you are ready, or use your password.',
  },
  already_here: {
    sentence: 'This device already has a passkey for your account.',
    next: 'Nothing to do: sign in with it next time.',
  },
  wrong_address: {
    sentence: 'Passkeys belong to the app’s own address, and this is another one.',
    next: 'Open the app at its own address.',
  },
  device_cannot: {
    sentence: 'This device cannot keep a passkey that is protected by your face, fingerprint or PIN.',
    next: 'Set up a screen lock, or use another device.',
  },
};

const byErrorName: Readonly<Record<string, PasskeyProblem>> = {
  AbortError: 'cancelled',
  NotAllowedError: 'cancelled',
  InvalidStateError: 'already_here',
  SecurityError: 'wrong_address',
  ConstraintError: 'device_cannot',
  NotSupportedError: 'device_cannot',
  UnknownError: 'device_cannot',
};

/**
 * What a failure of `navigator.credentials` means, by the name of the DOMException (WebAuthn §5.1.3, §5.1.4), which
 * SimpleWebAuthn's WebAuthnError keeps. Undefined for what no authenticator or person causes: a bug, to be thrown on.
 */
export function problemOf(error: unknown): PasskeyProblem | undefined {
  if (!(error instanceof Error)) return undefined;
  return Object.hasOwn(byErrorName, error.name) ? byErrorName[error.name] : undefined;
}
