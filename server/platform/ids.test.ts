import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSettableClock } from './clock';
import { createIdGenerator } from './ids';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function timeOf(id: string): number {
  return Number.parseInt(id.replace('-', '').slice(0, 12), 16);
}

describe('createIdGenerator', () => {
  it('makes ids that only go up, whatever the clock and the randomness do', () => {
    const steps = fc.array(
      fc.record({ clock: fc.integer({ min: -5, max: 5 }), byte: fc.integer({ min: 0, max: 255 }) }),
      { minLength: 2, maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, (moves) => {
        const clock = createSettableClock(1_800_000_000_000);
        let byte = 0;
        const newId = createIdGenerator({ clock, fillRandom: (bytes) => bytes.fill(byte) });
        const ids = moves.map((move) => {
          clock.advance(move.clock);
          byte = move.byte;
          return newId();
        });
        expect(ids.every((id) => UUID_V7.test(id))).toBe(true);
        expect(ids).toEqual([...new Set(ids)].sort());
      }),
    );
  });

  it('carries the time of the clock in its first 48 bits', () => {
    const newId = createIdGenerator({ clock: createSettableClock(1_765_432_109_876) });
    expect(timeOf(newId())).toBe(1_765_432_109_876);
  });

  it('fills the last 32 bits from the random source each time', () => {
    let next = 0;
    const newId = createIdGenerator({
      clock: createSettableClock(1),
      fillRandom: (bytes) => bytes.fill(next++),
    });
    expect([newId(), newId()].map((id) => id.slice(-8))).toEqual(['00000000', '01010101']);
  });
});
