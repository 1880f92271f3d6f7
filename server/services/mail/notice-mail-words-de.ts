import type { MailContents } from './mail';
import { nameInMail, type MailWords } from './mail-words';
import { sentenceOf, type NoticeSentences } from './notice-sentences';

const credits = (count: number): string => `${count} Credit${count === 1 ? '' : 's'}`;
const by = { owner: 'vom Eigentümer', manager: 'von der Verwaltung', site: 'vom Haus' } as const;

const sentences: NoticeSentences = {
  unknown: { title: 'Es gibt Neues', body: 'Öffnen Sie die App, um es zu sehen.' },
  byKind: {
    confirmed: (data, { slot, window }) => ({
      title: `${slot(data.slotLabel)} ist gebucht`,
      body: `${window(data)}. Ihr Wunsch hatte gewartet und ist nun erfüllt.`,
    }),
    refused: ({ slotLabel, start, end }, { slot, window }) => ({
      title: `Ein Wunsch ließ sich nicht erfüllen: ${slot(slotLabel)}`,
      body: `${start === null || end === null ? '' : `${window({ start, end })}. `}Die App zeigt, warum, und was stattdessen frei ist.`,
    }),
    changed: (data, { slot, window }) => {
      const former = window({ start: data.formerStart, end: data.formerEnd });
      return data.change === 'cancelled'
        ? {
            title: `${slot(data.formerLabel)} wurde storniert`,
            body: `${former}. Storniert ${by[data.by]}.${data.refund > 0 ? ` Sie haben ${credits(data.refund)} zurück.` : ''}`,
          }
        : {
            title: `Ihre Reservierung ist jetzt auf ${slot(data.slotLabel)}`,
            body: `Jetzt ${slot(data.slotLabel)}: ${window(data)}. Vorher ${slot(data.formerLabel)}: ${former}. Geändert ${by[data.by]}.`,
          };
    },
    asked_to_move: ({ slotLabel, end }, { slot, moment }) => ({
      title: `Der Eigentümer braucht ${slot(slotLabel)}`,
      body: `Bitte geben Sie ihn frei, wenn Sie können. Der Platz gehört Ihnen bis ${moment(end)}.`,
    }),
    reminder_start: (data, { slot, moment }) => ({
      title: `${slot(data.slotLabel)} gehört Ihnen ab ${moment(data.start)}`,
      body: `Bis ${moment(data.end)}. Ihr Pass ist in der App, auch ohne Empfang.`,
    }),
    reminder_end: ({ slotLabel, end }, { slot, moment }) => ({
      title: `Ihre Zeit auf ${slot(slotLabel)} endet: ${moment(end)}`,
      body: 'Mit „Change“ können Sie länger bleiben, wenn der Platz frei ist.',
    }),
    overstaying: ({ slotLabel, end }, { slot, moment }) => ({
      title: 'Ihre Zeit ist um',
      body: `${slot(slotLabel)} gehörte Ihnen bis ${moment(end)}. Vielleicht wartet jemand darauf.`,
    }),
    waitlist_offer: (data, { slot, window, moment }) => ({
      title: `${slot(data.slotLabel)} ist für Sie frei`,
      body: `${window(data)}, ${credits(data.price)}. Der Platz wird für Sie freigehalten bis ${moment(data.until)}.`,
    }),
    waitlist_taken: (data, { slot, window }) => ({
      title: `${slot(data.slotLabel)} wurde für Sie genommen`,
      body: `${window(data)}, ${credits(data.price)}.`,
    }),
    waitlist_over: ({ start, end, reason }, { window }) => ({
      title: reason === 'lapsed' ? 'Ein Angebot ist weitergegangen' : 'Es wurde kein Platz frei',
      body: `${window({ start, end })}.${reason === 'lapsed' ? ' Es wurde nicht rechtzeitig beantwortet.' : ''}`,
    }),
    slot_reserved: (data, { slot, window }) => ({
      title: `Ihr Platz ${slot(data.slotLabel)} wurde reserviert`,
      body: `${window(data)}.${data.credits > 0 ? ` Sie verdienen ${credits(data.credits)}.` : ''}`,
    }),
    slot_freed: (data, { slot, window }) => ({
      title: `Ihr Platz ${slot(data.slotLabel)} ist wieder frei`,
      body: `${window(data)}. Wer ihn reserviert hatte, kommt nicht.`,
    }),
    credits_low: ({ balance }) => ({
      title: `Sie haben noch ${credits(balance)}`,
      body: 'Verleihen Sie Ihren Platz, um welche zu verdienen, oder kaufen Sie welche.',
    }),
    topup_paid: ({ credits: count, receiptNumber }) => ({
      title: `Sie haben ${credits(count)} gekauft`,
      body: receiptNumber === null ? '' : `Der Beleg ${receiptNumber} ist in der App, unter Credits.`,
    }),
    topup_refunded: ({ credits: count }) => ({
      title: `Ein Kauf wurde erstattet: ${credits(count)}`,
      body: 'Sie bekommen Ihr Geld auf dem Weg zurück, auf dem Sie bezahlt haben.',
    }),
    claim_decided: ({ slotLabel, approved }, { slot }) => ({
      title: approved ? `${slot(slotLabel)} gehört jetzt Ihnen` : `Abgelehnt: ${slot(slotLabel)}`,
      body: approved
        ? 'Sie können den Platz in der App verleihen.'
        : 'Die App zeigt, was die Verwaltung dazu sagt.',
    }),
    claim_waiting: ({ slotLabel }, { slot }) => ({
      title: `Jemand aus dem Haus sagt, ein Platz sei seiner: ${slot(slotLabel)}`,
      body: 'Das wartet auf Ihre Entscheidung.',
    }),
  },
};

const language = { locale: 'de-DE', sentences, aSlot: 'ein Platz' };
const WHICH = 'Welche Mails wann kommen, entscheiden Sie in der App: Settings, Notifications.';
/** More of them are in the app. */
const TOLD_MAX = 30;

/** The mail of one notice. */
export function noticeMailWordsDe(content: MailContents['notice'], hello: string): MailWords {
  const { title, body } = sentenceOf(content.told, content.timeZone, language);
  const site = nameInMail(content.siteName);
  return {
    subject: title,
    paragraphs: [hello, ...[`${title}.`, body, site].filter((text) => text !== '')],
    button: { label: 'In Undercroft öffnen', link: content.link },
    notes: [WHICH],
  };
}

/** The mail of the day. */
export function digestWordsDe(content: MailContents['digest'], hello: string): MailWords {
  const { told, timeZone, siteName, link } = content;
  const lines = told.slice(0, TOLD_MAX).map((notice) => {
    const { title, body } = sentenceOf(notice, timeZone, language);
    return body === '' ? `${title}.` : `${title}: ${body}`;
  });
  const more = told.length > TOLD_MAX ? [`Und ${told.length - TOLD_MAX} mehr.`] : [];
  const site = nameInMail(siteName) || 'Ihr Haus';
  return {
    subject: told.length === 1 ? `Neues: ${site}` : `${told.length} Neuigkeiten: ${site}`,
    paragraphs: [hello, `das ist seit der letzten Mail geschehen. ${site}.`, ...lines, ...more],
    button: { label: 'In Undercroft öffnen', link },
    notes: [WHICH],
  };
}
