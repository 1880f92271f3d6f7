import { digestWordsDe, noticeMailWordsDe } from './notice-mail-words-de';
import { nameInMail, type MailWordsByKind, type WaysInChange } from './mail-words';
import { dayOf } from './mail-words-en';

const NOT_YOU = 'Wenn Sie das nicht waren, müssen Sie nichts tun: Ohne den Link geschieht nichts.';

const changes: Readonly<Record<WaysInChange, string>> = {
  password_set: 'Das Passwort Ihres Kontos wurde gesetzt oder geändert.',
  password_removed: 'Das Passwort Ihres Kontos wurde entfernt.',
  passkey_added: 'Ihrem Konto wurde ein Passkey hinzugefügt.',
  passkey_removed: 'Ein Passkey Ihres Kontos wurde entfernt.',
  second_factor_on: 'Der zweite Schritt beim Anmelden wurde für Ihr Konto eingeschaltet.',
  second_factor_off: 'Der zweite Schritt beim Anmelden wurde für Ihr Konto ausgeschaltet.',
  recovery_codes_renewed:
    'Die Wiederherstellungscodes Ihres Kontos wurden durch neue ersetzt. Die früheren gelten nicht mehr.',
  recovered:
    'Jemand ist mit einem Link aus diesem Postfach in Ihr Konto gekommen. Alle anderen Geräte wurden abgemeldet, und das frühere Passwort gilt nicht mehr. War Ihre E-Mail-Adresse noch nie bestätigt, so wurden alle anderen Zugänge entfernt.',
  identity_linked: 'Ein Konto bei einem anderen Anbieter kann sich nun in Ihrem Konto anmelden.',
  identity_removed: 'Ein Konto bei einem anderen Anbieter kann sich nicht mehr in Ihrem Konto anmelden.',
};

const hello = (name: string): string => {
  const shown = nameInMail(name);
  return shown === '' ? 'Guten Tag,' : `Guten Tag ${shown},`;
};

/** Mails in German. */
export const mailWordsDe: MailWordsByKind = {
  verify_email: ({ name, link }) => ({
    subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
    paragraphs: [hello(name), 'bitte bestätigen Sie, dass diese Adresse Ihnen gehört.'],
    button: { label: 'E-Mail-Adresse bestätigen', link },
    notes: ['Der Link gilt einen Tag.', NOT_YOU],
  }),
  change_email: ({ name, link }) => ({
    subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
    paragraphs: [hello(name), 'diese Adresse soll künftig die Ihres Kontos sein. Bitte bestätigen Sie sie.'],
    button: { label: 'Diese Adresse verwenden', link },
    notes: ['Der Link gilt zwei Stunden.', NOT_YOU],
  }),
  email_changed: ({ name, newEmail }) => ({
    subject: 'Die E-Mail-Adresse Ihres Kontos wurde geändert',
    paragraphs: [
      hello(name),
      `Ihr Konto hat jetzt eine andere Adresse: ${newEmail}. Diese hier wird nicht mehr verwendet.`,
      'Wenn Sie das nicht waren, sagen Sie es sofort der Verwaltung Ihres Hauses.',
    ],
  }),
  recover: ({ name, link }) => ({
    subject: 'Zurück in Ihr Konto',
    paragraphs: [hello(name), 'jemand, hoffentlich Sie, hat um einen Link in Ihr Konto gebeten.'],
    button: { label: 'Zurück ins Konto', link },
    notes: [
      'Der Link gilt 30 Minuten und nur einmal. Geben Sie ihn niemandem: Niemand aus Ihrem Haus fragt danach.',
      NOT_YOU,
    ],
  }),
  already_registered: ({ name, link }) => ({
    subject: 'Sie haben schon ein Konto',
    paragraphs: [
      hello(name),
      'jemand, vielleicht Sie, wollte diese Adresse für ein Konto verwenden. Es gibt schon eines mit ihr: Sie können sich anmelden.',
    ],
    button: { label: 'Anmelden', link },
    notes: ['Wenn Sie das nicht waren, müssen Sie nichts tun: Es wurde nichts geändert.'],
  }),
  ways_in_changed: ({ name, what }) => ({
    subject: 'Ein Zugang zu Ihrem Konto hat sich geändert',
    paragraphs: [
      hello(name),
      changes[what],
      'Wenn Sie das nicht waren, melden Sie sich an, sehen Sie in den Einstellungen nach, welche Zugänge und Geräte es gibt, und entfernen Sie, was nicht Ihres ist. Sagen Sie es dann der Verwaltung Ihres Hauses.',
    ],
  }),
  invitation: ({ siteName, inviterName, link, expiresAt }) => {
    const site = nameInMail(siteName) || 'einem Haus';
    const inviter = nameInMail(inviterName);
    return {
      subject: `Ihre Einladung zu ${site}`,
      paragraphs: [
        'Guten Tag,',
        `${inviter === '' ? 'die Verwaltung' : inviter} lädt Sie zu ${site} auf Undercroft ein: Dort werden die Stellplätze verliehen, reserviert und mit einem Pass auf dem Telefon befahren.`,
      ],
      button: { label: 'Einladung ansehen', link },
      notes: [`Die Einladung gilt bis zum ${dayOf(expiresAt, 'de-DE')}. Sie ist nur für Sie.`],
    };
  },
  join_decided: ({ name, siteName, approved, link }) => {
    const site = nameInMail(siteName) || 'das Haus';
    return approved
      ? {
          subject: `Willkommen: ${site}`,
          paragraphs: [hello(name), `die Verwaltung hat Sie aufgenommen: ${site}.`],
          button: { label: 'Undercroft öffnen', link },
        }
      : {
          subject: `Ihre Anfrage: ${site}`,
          paragraphs: [
            hello(name),
            `die Verwaltung hat Sie nicht aufgenommen: ${site}. Wenn Sie das für ein Versehen halten, sprechen Sie bitte mit ihr.`,
          ],
        };
  },
  notice: (content) => noticeMailWordsDe(content, hello(content.name)),
  digest: (content) => digestWordsDe(content, hello(content.name)),
};
