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

  it.each(['', 'null', '{"kind":"of tomorrow"}', '{"kind":"unlock"}'])(
    'B4 what this version cannot read is still shown: %j',
    (text) => expect(notificationOf(text, 0)).toMatchObject({ title: 'Undercroft', path: '/' }),
  );
});
