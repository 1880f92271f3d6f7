import type { ErrorText } from './error-text';

/** The words of `errorTexts` for what is no answer to a wish: calls that fail, and the device's own storage. */
export const callTexts = {
  // --- calls ----------------------------------------------------------------------------------------------------
  signed_out: {
    status: 401,
    sentence: 'You are signed out.',
    next: 'Sign in; what is waiting to be sent is kept.',
  },
  session_revoked: {
    status: 401,
    sentence: 'This device was signed out from another of your devices.',
    next: 'What it held has been removed. Sign in again if it is yours.',
  },
  session_not_found: {
    status: 404,
    sentence: 'There is no such device among yours any more.',
    next: 'Look at the list again.',
  },
  session_here: {
    status: 409,
    sentence: 'This is the device that you are using.',
    next: 'Sign out on it instead.',
  },
  credentials_wrong: {
    status: 401,
    sentence: 'E-mail or password is wrong.',
    next: 'Try again, or use a passkey.',
  },
  email_invalid: { status: 400, sentence: 'This is not an e-mail address.', next: 'Correct it.' },
  email_taken: {
    status: 409,
    sentence: 'There is already an account with this e-mail.',
    next: 'Sign in instead.',
  },
  password_short: {
    status: 400,
    sentence: 'The password needs at least 8 characters.',
    next: 'Choose a longer one.',
  },
  password_long: {
    status: 400,
    sentence: 'The password may have at most 128 characters.',
    next: 'Choose a shorter one.',
  },
  password_common: {
    status: 400,
    sentence: 'This password is on the lists that are tried first.',
    next: 'Choose one that nobody else would think of, such as a few words together.',
  },
  password_last_way_in: {
    status: 409,
    sentence: 'The password is the only way into your account.',
    next: 'Add a passkey first.',
  },
  second_factor_wrong: {
    status: 401,
    sentence: 'This code is not right, or was used before.',
    next: 'Wait for the next code in your app, or use a recovery code.',
  },
  sign_in_step_over: {
    status: 410,
    sentence: 'This took too long, or too many codes were wrong.',
    next: 'Begin the sign-in again.',
  },
  second_factor_on: {
    status: 409,
    sentence: 'The second step is already on.',
    next: 'Turn it off first to set it up with another app.',
  },
  second_factor_off: {
    status: 409,
    sentence: 'The second step is not on.',
    next: 'Set it up in Settings.',
  },
  link_over: {
    status: 410,
    sentence: 'This link was used before, or its time is over.',
    next: 'Ask for a new one.',
  },
  link_elsewhere: {
    status: 403,
    sentence: 'This link works only where its account is signed in.',
    next: 'Sign in to that account on this device, then open the link once more.',
  },
  name_invalid: { status: 400, sentence: 'Please give a name of 1 to 80 characters.', next: 'Correct it.' },
  registration_closed: {
    status: 403,
    sentence: 'This site can be joined by invitation only.',
    next: 'Ask the manager for an invitation.',
  },
  no_site: {
    status: 403,
    sentence: 'Your account belongs to no site yet.',
    next: 'Ask the manager for an invitation.',
  },
  passkey_refused: {
    status: 401,
    sentence: 'The passkey was not accepted.',
    next: 'Try again, or sign in with your password.',
  },
  passkey_not_found: { status: 404, sentence: 'There is no such passkey.', next: 'Look at the list again.' },
  passkey_last_way_in: {
    status: 409,
    sentence: 'This is the only way into your account.',
    next: 'Add another way in first.',
  },
  oidc_provider_unknown: {
    status: 404,
    sentence: 'This service is not offered here for signing in.',
    next: 'Sign in another way.',
  },
  oidc_unreachable: {
    status: 503,
    sentence: 'The other service does not answer.',
    next: 'Try again in a moment, or sign in another way.',
  },
  oidc_denied: {
    status: 403,
    sentence: 'You did not let the other service tell us who you are.',
    next: 'Try again and allow it, or sign in another way.',
  },
  oidc_refused: {
    status: 401,
    sentence: 'The other service’s answer could not be accepted.',
    next: 'Try again, or sign in another way.',
  },
  oidc_expired: {
    status: 410,
    sentence: 'This took too long, was done before, or began in another browser.',
    next: 'Begin again here.',
  },
  oidc_identity_taken: {
    status: 409,
    sentence: 'That account elsewhere already opens another account here.',
    next: 'Sign in with it, or remove it there first.',
  },
  oidc_identity_other: {
    status: 403,
    sentence: 'That is not the account that you have linked here.',
    next: 'Choose the one that Settings shows, or prove it another way.',
  },
  oidc_identity_not_found: {
    status: 404,
    sentence: 'There is no such account linked to yours.',
    next: 'Look at the list again.',
  },
  oidc_last_way_in: {
    status: 409,
    sentence: 'This is the only way into your account.',
    next: 'Add a passkey or a password first.',
  },
  unlock_not_found: {
    status: 404,
    sentence: 'No browser is waiting with this code.',
    next: 'Compare it with the other screen, or ask for a new code there.',
  },
  unlock_over: {
    status: 410,
    sentence: 'This request is over: it was answered, used, or took too long.',
    next: 'Ask for a new code on the other screen.',
  },
  unlock_wrong_number: {
    status: 409,
    sentence: 'That is not the number on the other screen, so it was refused.',
    next: 'If the other screen is in front of you, ask for a new code there and look at its number.',
  },
  push_refused: {
    status: 400,
    sentence: 'This browser’s address for notifications cannot be used.',
    next: 'Turn notifications off and on again, or use another browser.',
  },
  invitation_not_found: {
    status: 404,
    sentence: 'This invitation is not known here.',
    next: 'Look at the link or the code again, or ask for a new one.',
  },
  invitation_used: {
    status: 409,
    sentence: 'This invitation has been used up.',
    next: 'If it was you, sign in. Else ask the manager for a new one.',
  },
  invitation_expired: {
    status: 410,
    sentence: 'This invitation is over.',
    next: 'Ask the manager for a new one.',
  },
  invitation_revoked: {
    status: 410,
    sentence: 'This invitation was taken back.',
    next: 'Ask the manager for a new one.',
  },
  invitation_other_email: {
    status: 403,
    sentence: 'This invitation was sent to another e-mail address.',
    next: 'Use the account with that address, or ask the manager for an invitation to yours.',
  },
  invitation_single_use: {
    status: 400,
    sentence: 'Guards and managers are invited one by one.',
    next: 'Make an invitation for one person.',
  },
  already_member: {
    status: 409,
    sentence: 'You already belong to this building.',
    next: 'Open it: there is nothing to join.',
  },
  site_has_manager: {
    status: 409,
    sentence: 'This site has a manager already.',
    next: 'Its manager invites others, on the page “People”.',
  },
  site_not_found: {
    status: 404,
    sentence: 'There is no such building for you.',
    next: 'Look at the list again.',
  },
  join_waiting: {
    status: 409,
    sentence: 'You have asked already.',
    next: 'Wait for the manager’s answer; it comes by e-mail too.',
  },
  join_request_not_found: {
    status: 404,
    sentence: 'There is no such request.',
    next: 'Look at the list again.',
  },
  join_decided: {
    status: 409,
    sentence: 'This request has been answered already.',
    next: 'Nothing to do.',
  },
  origin_refused: {
    status: 403,
    sentence: 'This request came from another site.',
    next: 'Open the app at its own address.',
  },
  too_many_requests: { status: 429, sentence: 'Too many attempts.', next: 'Wait a little and try again.' },
  request_invalid: {
    status: 400,
    sentence: 'The server cannot read this request.',
    next: 'Update the app and try again.',
  },
  request_too_large: { status: 413, sentence: 'This request is too large.', next: 'Send less at a time.' },
  too_many_intents: {
    status: 413,
    sentence: 'At most 50 intents go into one push.',
    next: 'Send the rest in the next push.',
  },
  protocol_unsupported: {
    status: 426,
    sentence: 'This version of the app is too old for the server.',
    next: 'Update the app; what is waiting to be sent is kept.',
  },
  client_foreign: {
    status: 409,
    sentence: 'This device’s queue belongs to another account.',
    next: 'Sign in as the one who used it before.',
  },
  seq_gap: {
    status: 409,
    sentence: 'A part of what was waiting is missing in between.',
    next: 'The app sends it again by itself.',
  },
  seq_fork: {
    status: 409,
    sentence: 'This device’s queue differs from what the server has.',
    next: 'The app gives itself a new number by itself.',
  },
  cookie_unreadable: {
    status: 400,
    sentence: 'The device’s bookmark cannot be read.',
    next: 'The app loads everything anew by itself.',
  },
  // --- the device's own, never on the wire -----------------------------------------------------------------------
  storage_full: {
    status: 503,
    sentence: 'This device is full, so that could not be kept.',
    next: 'Free some space on the device, then do it again.',
  },
  storage_failed: {
    status: 503,
    sentence: 'This device’s storage does not answer, so that could not be kept.',
    next: 'Close the app, open it again and do it again.',
  },
  // --- anywhere ---------------------------------------------------------------------------------------------------
  not_found: { status: 404, sentence: 'There is nothing here.', next: 'Go back to the start.' },
  unavailable: {
    status: 503,
    sentence: 'The server cannot answer right now.',
    next: 'It is tried again by itself.',
  },
  internal: {
    status: 500,
    sentence: 'Something went wrong on the server.',
    next: 'Try again; nothing you entered is lost.',
  },
} as const satisfies Record<string, ErrorText>;
