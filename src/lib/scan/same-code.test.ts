import { describe, expect, it } from 'vitest';
import { LEFT_AFTER, RETRY_AFTER, SameCodeFilter } from './same-code';

/** Texts are `pass#ctr`; those without `#` are no passes. */
const filter = () => new SameCodeFilter((text) => (text.includes('#') ? text.split('#')[0]! : null));

describe('D4 the same code under the lens', () => {
  it('is checked once while it stays, however long', () => {
    const codes = filter();
    const checks = Array.from({ length: 50 }, (_, index) => codes.isNew('a#1', index * 500));
    expect(checks.filter(Boolean)).toHaveLength(1);
  });

  it('is checked again when it comes back after it left', () => {
    const codes = filter();
    codes.isNew('a#1', 0);
    expect(codes.isNew('a#1', LEFT_AFTER - 1)).toBe(false);
    expect(codes.isNew('a#1', LEFT_AFTER - 1 + LEFT_AFTER)).toBe(true);
  });

  it('another code is checked at once, and two in turn are not checked over and over', () => {
    const codes = filter();
    expect(['a#1', 'b#1', 'a#1', 'b#1', 'wifi', 'wifi'].map((text, at) => codes.isNew(text, at))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  it('a pass that was let in is one showing, though its code is redrawn', () => {
    const codes = filter();
    codes.isNew('a#1', 0);
    codes.letIn('a', 10);
    expect(codes.isNew('a#2', 1000)).toBe(false);
    expect(codes.isNew('a#3', 3500)).toBe(false);
    expect(codes.isNew('a#4', 3500 + LEFT_AFTER)).toBe(true);
  });

  it('a refused copy does not stand in the way of the pass itself', () => {
    const codes = filter();
    codes.isNew('a#1', 0);
    expect(codes.isNew('a#2', 100)).toBe(true);
  });

  it('time in which the camera looked away does not count', () => {
    const codes = filter();
    codes.isNew('a#1', 0);
    codes.resume(1000, 60_000);
    expect(codes.isNew('a#1', 61_000)).toBe(false);
  });

  it('a reading that came to nothing is checked again after a moment, though it stays in view', () => {
    const codes = filter();
    codes.isNew('a#1', 0);
    codes.notStored('a#1', 10);
    expect(codes.isNew('a#1', 10 + RETRY_AFTER - 1)).toBe(false);
    expect(codes.isNew('a#1', 10 + RETRY_AFTER)).toBe(true);
    expect(codes.isNew('a#1', 10 + 2 * RETRY_AFTER)).toBe(false);
  });

  it('a reading that came to nothing does not make another one new', () => {
    const codes = filter();
    codes.isNew('a#1', 0);
    codes.isNew('b#1', 0);
    codes.notStored('a#1', 10);
    expect(codes.isNew('b#1', 10 + RETRY_AFTER)).toBe(false);
  });
});
