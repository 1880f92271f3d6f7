import { describe, expect, it } from 'vitest';
import { isElsewhere, openedBy, openingPath } from './opened-notice';

const ID = '0198a9a0-0000-7000-8000-000000000001';
const HERE = '0198a9a0-0000-7000-8000-00000000000a';
const THERE = '0198a9a0-0000-7000-8000-00000000000b';

const opened = (path: string) => openedBy(new URL(path, 'https://undercroft.test').searchParams);

describe('a tapped notice', () => {
  it('B4 names the building it is of, so that another one’s screens are not taken for its own', () => {
    const found = opened(openingPath({ noticeId: ID, siteId: THERE }, { kind: 'slot_reserved' }))!;
    expect(found).toEqual({ id: ID, to: '/slots', siteId: THERE });
    expect([isElsewhere(found, HERE), isElsewhere(found, THERE)]).toEqual([true, false]);
  });

  it('B4 of an older server’s, that names none, the open building is taken', () => {
    const found = opened(openingPath({ noticeId: ID }, { kind: 'slot_reserved' }))!;
    expect(isElsewhere(found, HERE)).toBe(false);
  });

  it.each(['//evil.example', 'https://evil.example', '/\\\\evil', '/notices?open=1'])(
    'B4 leads nowhere but within the app: %s',
    (to) => {
      expect(opened(`/notices?${new URLSearchParams({ open: ID, to }).toString()}`)?.to).toBe('/notices');
    },
  );

  it('B4 what is no id opens nothing', () => {
    expect(opened('/notices?open=n-1&to=/slots')).toBeNull();
    expect(opened(`/notices?open=${ID}&site=x`)).toMatchObject({ siteId: null });
  });
});
