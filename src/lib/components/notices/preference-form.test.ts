import { describe, expect, it } from 'vitest';
import { defaultNoticePreferences, type NoticePreferences } from '#shared/domain/notice-kinds';
import { isSame, quietEntryOf, quietHoursIn, withTouched } from './preference-form';

const held: NoticePreferences = {
  push: { slot_reserved: true },
  mail: { refused: 'daily' },
  quietHours: null,
  detailsOnLockScreen: false,
};

describe('what one wants to be told', () => {
  it('B4 what another device has changed is not called unsaved here, nor undone by saving something else', () => {
    expect(isSame(held, withTouched(held, {}))).toBe(true);
    const wanted = withTouched(held, { push: { slot_freed: true }, mail: { slot_reserved: 'at_once' } });
    expect(wanted).toEqual({
      ...held,
      push: { slot_reserved: true, slot_freed: true },
      mail: { refused: 'daily', slot_reserved: 'at_once' },
    });
    expect(withTouched(held, { detailsOnLockScreen: true }).quietHours).toBeNull();
  });

  it('B4 what was touched here holds against what another device says of the same', () => {
    const wanted = withTouched(held, {
      push: { slot_reserved: false },
      quietHours: { from: 60, until: 120 },
    });
    expect(wanted.push.slot_reserved).toBe(false);
    expect(wanted.quietHours).toEqual({ from: 60, until: 120 });
  });

  it('B4 quiet hours that would be none are not taken', () => {
    const entry = { on: 'yes', from: '22:00', until: '07:00' } as const;
    expect(quietHoursIn(entry)).toEqual({ hours: { from: 1320, until: 420 } });
    expect(quietHoursIn({ ...entry, until: '22:00' }).problem).toBe('Give two different times.');
    expect(quietHoursIn({ ...entry, until: '' }).problem).toBe('Give both times.');
    expect(quietHoursIn({ ...entry, until: '', on: 'no' })).toEqual({ hours: null });
  });

  it('B4 quiet hours are entered as they hold', () => {
    expect(quietEntryOf({ from: 60, until: 125 })).toEqual({ on: 'yes', from: '01:00', until: '02:05' });
    expect(quietHoursIn(quietEntryOf(defaultNoticePreferences.quietHours)).hours).toEqual(
      defaultNoticePreferences.quietHours,
    );
  });
});
