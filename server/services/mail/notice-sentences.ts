import type { NoticeData, NoticeDataByKind, NoticeKind } from '#shared/domain/notice-kinds';
import type { ToldByMail } from './mail';
import { nameInMail } from './mail-words';

/** A notice in words: a line of its own as a mail's subject, and what more there is to say, perhaps nothing. */
export interface NoticeSentence {
  readonly title: string;
  readonly body: string;
}

/** How moments and slots are told in one language. */
export interface Telling {
  /** ms since 1970, by the site's clock. */
  moment(at: number): string;
  /** `[start, end)`, ms since 1970. */
  window(told: { readonly start: number; readonly end: number }): string;
  /** A slot's label, or something general where the label could pass for a link. */
  slot(label: string | null): string;
}

/** The sentences of all kinds in one language; `unknown` for what another version has written. */
export interface NoticeSentences {
  readonly byKind: {
    readonly [K in NoticeKind]: (data: NoticeDataByKind[K], telling: Telling) => NoticeSentence;
  };
  readonly unknown: NoticeSentence;
}

interface Language {
  readonly locale: string;
  readonly sentences: NoticeSentences;
  readonly aSlot: string;
}

/** The notice in that language. What cannot be read, data of another version, is told in general. */
export function sentenceOf({ kind, data }: ToldByMail, timeZone: string, language: Language): NoticeSentence {
  const { byKind, unknown } = language.sentences;
  // The kind picks the sentence whose data is the notice's: the compiler cannot follow that.
  const say = byKind[kind] as ((data: NoticeData, telling: Telling) => NoticeSentence) | undefined;
  if (!say) return unknown;
  try {
    return say(data, tellingOf(timeZone, language));
  } catch (error) {
    // A moment that is none.
    if (error instanceof RangeError || error instanceof TypeError) return unknown;
    throw error;
  }
}

function tellingOf(timeZone: string, { locale, aSlot }: Language): Telling {
  const format = new Intl.DateTimeFormat(locale, {
    ...{ timeZone, weekday: 'short', day: 'numeric', month: 'short' },
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  });
  return {
    moment: (at) => format.format(at),
    window: ({ start, end }) => format.formatRange(start, end),
    // Owners choose labels: one that mail programs would make a link of is left out.
    slot: (label) => nameInMail(label ?? '') || aSlot,
  };
}
