import type { MailContents, MailKind } from './mail';

/** A mail in words, before it is laid out as text and as HTML. */
export interface MailWords {
  readonly subject: string;
  /** Paragraphs; the first is the greeting where there is one. */
  readonly paragraphs: readonly string[];
  readonly button?: { readonly label: string; readonly link: string };
  /** Below the button: what to do when the mail was not expected, how long the link is good. */
  readonly notes?: readonly string[];
}

/** The words of each kind of mail in one language. */
export type MailWordsByKind = { readonly [K in MailKind]: (content: MailContents[K]) => MailWords };

/** What each change of the ways in is told by; a subject's end and a sentence. */
export type WaysInChange = MailContents['ways_in_changed']['what'];

const ADDRESS_LIKE = /[:/\\@<>]|\.\p{L}|www/iu;

/**
 * A name as it may stand in a mail. Anybody can register with a stranger's address, so a name that mail programs would make a
 * link of, or that could pass for one, is left out: else this server sends anybody's advertisement.
 */
export function nameInMail(name: string): string {
  return ADDRESS_LIKE.test(name) ? '' : name.trim();
}
