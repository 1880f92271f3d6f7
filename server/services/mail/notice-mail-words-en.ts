import type { MailContents } from './mail';
import { nameInMail, type MailWords } from './mail-words';
import { sentenceOf, type NoticeSentences } from './notice-sentences';

const credits = (count: number): string => (count === 1 ? '1 credit' : `${count} credits`);
const by = { owner: 'the owner', manager: 'the manager', site: 'the building' } as const;

const sentences: NoticeSentences = {
  unknown: { title: 'There is news', body: 'Open the app to see it.' },
  byKind: {
    confirmed: (data, { slot, window }) => ({
      title: `${slot(data.slotLabel)} is booked`,
      body: `${window(data)}. Your wish had waited and has come through.`,
    }),
    refused: ({ slotLabel, start, end }, { slot, window }) => ({
      title: `A wish could not be met: ${slot(slotLabel)}`,
      body: `${start === null || end === null ? '' : `${window({ start, end })}. `}Open the app to see why, and what is free instead.`,
    }),
    changed: (data, { slot, window }) => {
      const former = window({ start: data.formerStart, end: data.formerEnd });
      return data.change === 'cancelled'
        ? {
            title: `${slot(data.formerLabel)} was cancelled`,
            body: `${former}. Cancelled by ${by[data.by]}.${data.refund > 0 ? ` You have ${credits(data.refund)} back.` : ''}`,
          }
        : {
            title: `Your reservation was moved to ${slot(data.slotLabel)}`,
            body: `Now ${slot(data.slotLabel)}: ${window(data)}. It was ${slot(data.formerLabel)}: ${former}. Moved by ${by[data.by]}.`,
          };
    },
    asked_to_move: ({ slotLabel, end }, { slot, moment }) => ({
      title: `The owner needs ${slot(slotLabel)}`,
      body: `Please leave it free if you can. The slot is yours until ${moment(end)}.`,
    }),
    reminder_start: (data, { slot, moment }) => ({
      title: `${slot(data.slotLabel)} is yours from ${moment(data.start)}`,
      body: `Until ${moment(data.end)}. Your pass is in the app, with no signal too.`,
    }),
    reminder_end: ({ slotLabel, end }, { slot, moment }) => ({
      title: `Your time on ${slot(slotLabel)} ends: ${moment(end)}`,
      body: 'You can stay longer with “Change”, if the slot is free.',
    }),
    overstaying: ({ slotLabel, end }, { slot, moment }) => ({
      title: 'Your time is over',
      body: `${slot(slotLabel)} was yours until ${moment(end)}. Somebody may be waiting for it.`,
    }),
    waitlist_offer: (data, { slot, window, moment }) => ({
      title: `${slot(data.slotLabel)} is free for you`,
      body: `${window(data)}, ${credits(data.price)}. It is kept for you until ${moment(data.until)}.`,
    }),
    waitlist_taken: (data, { slot, window }) => ({
      title: `${slot(data.slotLabel)} was taken for you`,
      body: `${window(data)}, ${credits(data.price)}.`,
    }),
    waitlist_over: ({ start, end, reason }, { window }) => ({
      title: reason === 'lapsed' ? 'An offer has passed on' : 'No slot came free',
      body: `${window({ start, end })}.${reason === 'lapsed' ? ' It was not answered in time.' : ''}`,
    }),
    slot_reserved: (data, { slot, window }) => ({
      title: `Your slot ${slot(data.slotLabel)} was reserved`,
      body: `${window(data)}.${data.credits > 0 ? ` You earn ${credits(data.credits)}.` : ''}`,
    }),
    slot_freed: (data, { slot, window }) => ({
      title: `Your slot ${slot(data.slotLabel)} is free again`,
      body: `${window(data)}. Whoever had reserved it does not come.`,
    }),
    credits_low: ({ balance }) => ({
      title: `You have ${credits(balance)} left`,
      body: 'Lend your slot to earn some, or buy some.',
    }),
    topup_paid: ({ credits: count, receiptNumber }) => ({
      title: `You have bought ${credits(count)}`,
      body: receiptNumber === null ? '' : `Receipt ${receiptNumber} is in the app, under Credits.`,
    }),
    topup_refunded: ({ credits: count }) => ({
      title: `A purchase was refunded: ${credits(count)}`,
      body: 'You get your money back the way you paid.',
    }),
    claim_decided: ({ slotLabel, approved }, { slot }) => ({
      title: approved ? `${slot(slotLabel)} is yours now` : `Your request was refused: ${slot(slotLabel)}`,
      body: approved ? 'You can lend it in the app.' : 'The app shows what the manager says to it.',
    }),
    claim_waiting: ({ slotLabel }, { slot }) => ({
      title: `A resident says that a slot is theirs: ${slot(slotLabel)}`,
      body: 'It waits for your decision.',
    }),
  },
};

const language = { locale: 'en-GB', sentences, aSlot: 'a slot' };
const WHICH = 'Which mails come, and when, is decided in the app: Settings, Notifications.';
/** More of them are in the app. */
const TOLD_MAX = 30;

/** The mail of one notice. */
export function noticeMailWordsEn(content: MailContents['notice'], hello: string): MailWords {
  const { title, body } = sentenceOf(content.told, content.timeZone, language);
  const site = nameInMail(content.siteName);
  return {
    subject: title,
    paragraphs: [hello, ...[`${title}.`, body, site].filter((text) => text !== '')],
    button: { label: 'Open in Undercroft', link: content.link },
    notes: [WHICH],
  };
}

/** The mail of the day. */
export function digestWordsEn(content: MailContents['digest'], hello: string): MailWords {
  const { told, timeZone, siteName, link } = content;
  const lines = told.slice(0, TOLD_MAX).map((notice) => {
    const { title, body } = sentenceOf(notice, timeZone, language);
    return body === '' ? `${title}.` : `${title}: ${body}`;
  });
  const more = told.length > TOLD_MAX ? [`And ${told.length - TOLD_MAX} more.`] : [];
  const site = nameInMail(siteName) || 'your building';
  return {
    subject: told.length === 1 ? `News from ${site}` : `${told.length} pieces of news from ${site}`,
    paragraphs: [hello, `This is what has happened at ${site} since the last mail.`, ...lines, ...more],
    button: { label: 'Open in Undercroft', link },
    notes: [WHICH],
  };
}
