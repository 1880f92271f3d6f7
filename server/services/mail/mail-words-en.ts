import { digestWordsEn, noticeMailWordsEn } from './notice-mail-words-en';
import { nameInMail, type MailWordsByKind, type WaysInChange } from './mail-words';

const NOT_YOU = 'If this was not you, you need do nothing: without the link nothing happens.';

const changes: Readonly<Record<WaysInChange, string>> = {
  password_set: 'The password of your account was set or changed.',
  password_removed: 'The password of your account was removed.',
  passkey_added: 'A passkey was added to your account.',
  passkey_removed: 'A passkey was removed from your account.',
  second_factor_on: 'The second step at sign-in was turned on for your account.',
  second_factor_off: 'The second step at sign-in was turned off for your account.',
  recovery_codes_renewed:
    'The recovery codes of your account were replaced by new ones. The former ones are void.',
  recovered:
    'Somebody came into your account by a link from this mailbox. All other devices were signed out, and the former password is void. If your e-mail had never been confirmed before, all other ways in were removed.',
  identity_linked: 'An account at another provider can now sign in to your account.',
  identity_removed: 'An account at another provider can no longer sign in to your account.',
};

const hello = (name: string): string => {
  const shown = nameInMail(name);
  return shown === '' ? 'Hello,' : `Hello ${shown},`;
};

/** Mails in English. */
export const mailWordsEn: MailWordsByKind = {
  verify_email: ({ name, link }) => ({
    subject: 'Confirm your e-mail',
    paragraphs: [hello(name), 'Please confirm that this address is yours.'],
    button: { label: 'Confirm e-mail', link },
    notes: ['The link is good for a day.', NOT_YOU],
  }),
  change_email: ({ name, link }) => ({
    subject: 'Confirm your new e-mail',
    paragraphs: [
      hello(name),
      'From now on this address is to be the one of your account. Please confirm it.',
    ],
    button: { label: 'Use this address', link },
    notes: ['The link is good for two hours.', NOT_YOU],
  }),
  email_changed: ({ name, newEmail }) => ({
    subject: 'The e-mail of your account was changed',
    paragraphs: [
      hello(name),
      `Your account now has another address: ${newEmail}. This one is no longer used.`,
      'If this was not you, tell the manager of your building at once.',
    ],
  }),
  recover: ({ name, link }) => ({
    subject: 'Get back into your account',
    paragraphs: [hello(name), 'Somebody, hopefully you, asked for a link into your account.'],
    button: { label: 'Get back in', link },
    notes: [
      'The link is good for 30 minutes, and once. Give it to nobody: nobody from your building asks for it.',
      NOT_YOU,
    ],
  }),
  already_registered: ({ name, link }) => ({
    subject: 'You already have an account',
    paragraphs: [
      hello(name),
      'Somebody, perhaps you, wanted to use this address for an account. There is one with it already: you can sign in.',
    ],
    button: { label: 'Sign in', link },
    notes: ['If this was not you, you need do nothing: nothing was changed.'],
  }),
  ways_in_changed: ({ name, what }) => ({
    subject: 'A way into your account has changed',
    paragraphs: [
      hello(name),
      changes[what],
      'If this was not you, sign in, look under Settings which ways in and devices there are, and remove what is not yours. Then tell the manager of your building.',
    ],
  }),
  invitation: ({ siteName, inviterName, link, expiresAt }) => {
    const site = nameInMail(siteName) || 'a building';
    const inviter = nameInMail(inviterName);
    return {
      subject: `Your invitation to ${site}`,
      paragraphs: [
        'Hello,',
        `${inviter === '' ? 'The manager' : inviter} invites you to ${site} on Undercroft, where its parking slots are lent, reserved and entered with a pass on the phone.`,
      ],
      button: { label: 'Look at the invitation', link },
      notes: [`The invitation is good until ${dayOf(expiresAt, 'en-GB')}. It is for you alone.`],
    };
  },
  join_decided: ({ name, siteName, approved, link }) => {
    const site = nameInMail(siteName) || 'the building';
    return approved
      ? {
          subject: `Welcome to ${site}`,
          paragraphs: [hello(name), `The manager has let you into ${site}.`],
          button: { label: 'Open Undercroft', link },
        }
      : {
          subject: `Your request to join ${site}`,
          paragraphs: [
            hello(name),
            `The manager has not let you into ${site}. If you think that this is a mistake, please talk to the manager.`,
          ],
        };
  },
  notice: (content) => noticeMailWordsEn(content, hello(content.name)),
  digest: (content) => digestWordsEn(content, hello(content.name)),
};

/** A day in words, in UTC: a few hours more or less do not matter for how long an invitation is good. */
export function dayOf(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(at);
}
