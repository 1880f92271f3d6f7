import { describe, expect, it } from 'vitest';
import { addedBy, takenOf } from './lend-undo';

const hours = (start: number, end: number) => ({ start: start * 3_600_000, end: end * 3_600_000 });

describe('what lending adds', () => {
  it('C1 undoes only what this lending added, never what was lent before', () => {
    const added = addedBy(hours(9, 20), { lent: [hours(8, 12), hours(14, 17)], takenBack: [] });
    expect(added).toEqual([
      { ...hours(12, 14), wasTakenBack: false },
      { ...hours(17, 20), wasTakenBack: false },
    ]);
  });

  it('C1 makes an exception of before an exception again', () => {
    const added = addedBy(hours(9, 20), { lent: [hours(8, 12)], takenBack: [hours(12, 15)] });
    expect(added).toEqual([
      { ...hours(12, 15), wasTakenBack: true },
      { ...hours(15, 20), wasTakenBack: false },
    ]);
  });

  it('C1 adds nothing where all is lent', () => {
    expect(addedBy(hours(9, 10), { lent: [hours(8, 12)], takenBack: [] })).toEqual([]);
  });
});

describe('what taking back takes', () => {
  it('C1 knows what was lent by hand and what by a rule, and leaves what is reserved', () => {
    const before = {
      lent: [hours(8, 20)],
      opened: [hours(17, 20)],
      reserved: [hours(10, 12), hours(18, 19)],
    };
    expect(takenOf(hours(9, 24), before)).toEqual([
      { ...hours(9, 10), byHand: false },
      { ...hours(12, 17), byHand: false },
      { ...hours(17, 18), byHand: true },
      { ...hours(19, 20), byHand: true },
    ]);
  });
});
