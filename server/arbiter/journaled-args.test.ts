import { expect, it } from 'vitest';
import { journaledArgs } from './journaled-args';

it('C1 B1 the journal keeps no photo and no words of a claim, and no list of a rule’s windows', () => {
  expect(journaledArgs({ op: 'slot.claim@1', args: { label: 'B-12', photo: 'AQID' } })).toEqual({
    label: 'B-12',
    photo: { length: 4 },
  });
  expect(journaledArgs({ op: 'slot.claim@1', args: { photo: null, note: 'Ask Eva' } })).toEqual({
    photo: null,
    note: { length: 7 },
  });
  expect(journaledArgs({ op: 'slot.decide_claim@1', args: { decision: 'no', reason: 'Moved' } })).toEqual({
    decision: 'no',
    reason: { length: 5 },
  });
  const windows = [{ start: 1, end: 2 }];
  expect(journaledArgs({ op: 'share.follow_rules@1', args: { slotId: 's', windows } })).toEqual({
    slotId: 's',
    windows: { count: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
  });
});

it('B1 the journal keeps everything else as it was asked', () => {
  const args = { windows: [1], photo: 'AQID' };
  expect(journaledArgs({ op: 'share.open@1', args })).toBe(args);
  const without = { label: 'B-12', photo: null };
  expect(journaledArgs({ op: 'slot.claim@1', args: without })).toBe(without);
});
