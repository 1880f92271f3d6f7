import { describe, expect, it } from 'vitest';
import type { Locale, Mail, MailContents, ToldByMail } from './mail';
import { renderMail } from './render-mail';

const link = 'https://parking.example/recover#abc';
const reserved: ToldByMail = {
  kind: 'slot_reserved',
  data: {
    ...{ reservationId: 'r', slotId: 's', slotLabel: 'B2-14', credits: 3 },
    ...{ start: Date.UTC(2026, 2, 2, 9), end: Date.UTC(2026, 2, 2, 11) },
  },
};
const contents: MailContents = {
  verify_email: { name: 'Ada', link },
  change_email: { name: 'Ada', link },
  email_changed: { name: 'Ada', newEmail: 'new@example.test' },
  recover: { name: 'Ada', link },
  already_registered: { name: 'Ada', link },
  ways_in_changed: { name: 'Ada', what: 'passkey_added' },
  invitation: { siteName: 'Hillside', inviterName: 'Mia', link, expiresAt: Date.UTC(2026, 11, 24) },
  join_decided: { name: 'Ada', siteName: 'Hillside', approved: true, link },
  notice: { name: 'Ada', siteName: 'Hillside', timeZone: 'Europe/Berlin', told: reserved, link },
  digest: { name: 'Ada', siteName: 'Hillside', timeZone: 'Europe/Berlin', told: [reserved, reserved], link },
};
const locales: readonly Locale[] = ['en', 'de'];
const mails = locales.flatMap((locale) =>
  Object.entries(contents).map(
    ([kind, content]) => ({ kind, to: 'ada@example.test', locale, content }) as Mail,
  ),
);

const recover = (name: string): Mail => ({
  ...{ kind: 'recover', to: 'ada@example.test', locale: 'en' },
  content: { name, link },
});

describe('renderMail', () => {
  it.each(mails.map((mail) => [mail.kind, mail.locale, mail] as const))(
    'B4 %s in %s says the same as text and as HTML, and loads nothing',
    (_kind, locale, mail) => {
      const { subject, text, html } = renderMail(mail);
      expect(subject).not.toBe('');
      expect(html).toContain(`<html lang="${locale}">`);
      const hasLink = 'link' in mail.content;
      expect(text.includes(link)).toBe(hasLink);
      expect(html.includes(`href="${link}"`)).toBe(hasLink);
      expect(html).not.toMatch(/<(img|link|script|iframe|object)|@import|url\(|src=/i);
      // The links are as they are: none leads over somebody who counts.
      expect([...html.matchAll(/https?:[^"<]+/g)].every(([found]) => found === link)).toBe(true);
      const said = html.replace(/<title>.*<\/title>|<[^>]+>/g, ' ');
      for (const paragraph of text.split('\n\n').slice(0, 2)) expect(said).toContain(paragraph);
    },
  );

  it('B4 has other words in the other language', () => {
    for (const kind of Object.keys(contents)) {
      const [one, other] = mails.filter((mail) => mail.kind === kind).map(renderMail);
      expect(one?.subject).not.toBe(other?.subject);
    }
  });

  it('A7 a name cannot become markup', () => {
    const { html } = renderMail(recover('<b>Ada & "Co"'));
    expect(html).not.toContain('<b>');
  });

  it.each(['evil.example', 'Win at http://evil', 'www evil', 'me@evil', 'a\\\\b'])(
    'A7 leaves out %j as a name: this server sends nobody’s advertisement',
    (name) => {
      const { text, html } = renderMail(recover(name));
      expect(text.startsWith('Hello,\n')).toBe(true);
      expect(html).not.toContain('evil');
    },
  );

  it('B4 greets by an ordinary name, however it is written', () => {
    for (const name of ['Noor van den Bergh-Özdemir', 'J. R. Ewing', 'O’Neill', '李 雷'])
      expect(renderMail(recover(name)).text).toContain(`Hello ${name},`);
  });
});
