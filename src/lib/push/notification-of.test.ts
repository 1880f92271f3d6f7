import { describe, expect, it } from 'vitest';
import { notificationOf } from './notification-of';

const message = { kind: 'unlock', requestId: 'r-1', browser: 'Firefox on Windows', expiresAt: 1000 };

describe('notificationOf', () => {
  it('B2 a request to unlock says which browser, and leads to where it is answered', () => {
    const shown = notificationOf(JSON.stringify(message), 0);
    expect(shown.body).toContain('Firefox on Windows');
    expect(shown).toMatchObject({ urgent: true, tag: 'unlock:r-1', path: '/unlock/approve#request=r-1' });
  });

  it('B2 one that comes too late says so, and asks for nothing', () => {
    const shown = notificationOf(JSON.stringify(message), 1000);
    expect(shown).toMatchObject({ urgent: false, path: '/unlock/approve' });
    expect(shown.title).toContain('wanted');
  });

  const notice = {
    ...{ kind: 'notice', noticeId: 'n-1', noticeKind: 'slot_reserved', timeZone: 'Europe/Warsaw', unread: 2 },
    data: { reservationId: 'r', slotId: 's', slotLabel: 'A-12', start: 0, end: 3_600_000, credits: 3 },
  };
  it('B4 a notice says it in the site’s time, and leads to what it tells of by way of the list', () => {
    const shown = notificationOf(JSON.stringify(notice), 0);
    expect(shown).toMatchObject({ title: 'Your A-12 was reserved', tag: 'notice:n-1', urgent: false });
    expect(shown.body).toMatch(/1:00.*2:00/);
    expect(shown).toMatchObject({ path: '/notices?open=n-1&to=%2Fslots', unread: 2 });
  });

  it('B4 it says of which building it is, and leads there; without a count the icon stays as it is', () => {
    const { unread: _, ...uncounted } = notice;
    const elsewhere = { ...uncounted, siteId: 's-2', siteName: 'Riverside' };
    const shown = notificationOf(JSON.stringify(elsewhere), 0);
    expect(shown.body.split('\n').at(-1)).toBe('Riverside');
    expect(shown).toMatchObject({ path: '/notices?open=n-1&to=%2Fslots&site=s-2', unread: null });
  });

  it('B4 says the date of what is not of this minute, so that it is true the next morning, too', () => {
    const [now, start] = [Date.UTC(2026, 11, 30, 20), Date.UTC(2026, 11, 31, 8)];
    const told = (noticeKind: string) =>
      notificationOf(
        JSON.stringify({ ...notice, noticeKind, data: { ...notice.data, start, end: start + 3_600_000 } }),
        now,
      );
    expect(told('slot_reserved').body).toContain('Thu 31 Dec, 09:00 – 10:00');
    expect(told('reminder_start').title).toBe('A-12 is yours from tomorrow 09:00');
  });

  it('B4 without its data it says nothing of slot and time', () => {
    const shown = notificationOf(JSON.stringify({ ...notice, data: undefined }), 0);
    expect(`${shown.title} ${shown.body}`).not.toMatch(/A-12|\d/);
  });

  it('B4 one of a newer server leads to the list', () => {
    const shown = notificationOf(JSON.stringify({ ...notice, noticeKind: 'of_tomorrow' }), 0);
    expect(shown).toMatchObject({ title: 'There is news', path: '/notices?open=n-1&to=%2Fnotices' });
  });

  it.each(['', 'null', '{"kind":"of tomorrow"}', '{"kind":"unlock"}'])(
    'B4 what this version cannot read is still shown: %j',
    (text) => expect(notificationOf(text, 0)).toMatchObject({ title: 'Undercroft', path: '/' }),
  );
});
