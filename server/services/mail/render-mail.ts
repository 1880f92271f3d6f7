import type { Locale, Mail } from './mail';
import type { MailWords, MailWordsByKind } from './mail-words';
import { mailWordsDe } from './mail-words-de';
import { mailWordsEn } from './mail-words-en';

/** A mail ready to be sent or shown: the same words twice. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const wordsByLocale: Readonly<Record<Locale, MailWordsByKind>> = { en: mailWordsEn, de: mailWordsDe };

const signatures: Readonly<Record<Locale, string>> = {
  en: 'Undercroft, parking and passes for your building',
  de: 'Undercroft, Stellplätze und Pässe für Ihr Haus',
};

/**
 * The mail's words in its language, as text and as HTML. The HTML loads nothing and counts nothing: no pictures, no fonts,
 * links as they are, so that whoever reads it tells nobody.
 */
export function renderMail(mail: Mail): RenderedMail {
  // The kind picks the words whose content is the mail's: the compiler cannot follow that through the union.
  const words = (wordsByLocale[mail.locale][mail.kind] as (content: Mail['content']) => MailWords)(
    mail.content,
  );
  return {
    subject: words.subject,
    text: textOf(words, signatures[mail.locale]),
    html: htmlOf(words, mail.locale),
  };
}

function textOf({ paragraphs, button, notes = [] }: MailWords, signature: string): string {
  const link = button ? [`${button.label}:\n${button.link}`] : [];
  return `${[...paragraphs, ...link, ...notes, `-- \n${signature}`].join('\n\n')}\n`;
}

const BODY_STYLE =
  'margin:0;padding:24px;background:#f5f4f0;color:#1d1c1a;font:16px/1.5 system-ui,-apple-system,Segoe UI,sans-serif';
const CARD_STYLE = 'max-width:32rem;margin:0 auto;padding:24px;background:#ffffff;border-radius:12px';
const BUTTON_STYLE =
  'display:inline-block;padding:12px 20px;border-radius:8px;background:#1f4d3a;color:#ffffff;font-weight:600;text-decoration:none';
const SMALL_STYLE = 'margin:0 0 8px;color:#5f5c55;font-size:14px';

function htmlOf({ subject, paragraphs, button, notes = [] }: MailWords, locale: Locale): string {
  const body = paragraphs.map((it) => `<p style="margin:0 0 16px">${escapeHtml(it)}</p>`);
  if (button) {
    const link = escapeHtml(button.link);
    body.push(
      `<p style="margin:24px 0"><a href="${link}" style="${BUTTON_STYLE}">${escapeHtml(button.label)}</a></p>`,
      `<p style="${SMALL_STYLE};word-break:break-all">${link}</p>`,
    );
  }
  body.push(...[...notes, signatures[locale]].map((it) => `<p style="${SMALL_STYLE}">${escapeHtml(it)}</p>`));
  return [
    `<!doctype html><html lang="${locale}"><head><meta charset="utf-8">`,
    `<meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(subject)}</title></head>`,
    `<body style="${BODY_STYLE}"><div style="${CARD_STYLE}">${body.join('')}</div></body></html>`,
  ].join('');
}

const entities: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
