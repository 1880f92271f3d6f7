import { describe, expect, it } from 'vitest';
import { choicesShown, MOST_CHOICES } from './long-choice';

const slots = Array.from({ length: 10_000 }, (_, index) => ({
  id: String(index),
  label: `A-${String(index)}`,
}));

describe('a long list to choose from', () => {
  it('C1 holds no more than a screen can draw, of a large building too', () => {
    expect(choicesShown(slots, { text: '', chosen: '' })).toEqual(slots.slice(0, MOST_CHOICES));
    expect(choicesShown(slots, { text: '9', chosen: '' })).toHaveLength(MOST_CHOICES);
  });

  it('C1 shows first what begins with what is typed, then what has it elsewhere', () => {
    const few = ['B-7', '7-B', 'C-1', '70'].map((label) => ({ id: label, label }));
    expect(choicesShown(few, { text: ' 7', chosen: '' }).map(({ label }) => label)).toEqual([
      '7-B',
      '70',
      'B-7',
    ]);
    expect(choicesShown(few, { text: 'b-', chosen: '' }).map(({ label }) => label)).toEqual(['B-7']);
  });

  it('C1 keeps what is chosen in it, whatever is typed', () => {
    const shown = choicesShown(slots, { text: 'A-12', chosen: '9999' });
    expect(shown[0]).toEqual({ id: '9999', label: 'A-9999' });
    expect(shown[1]).toEqual({ id: '12', label: 'A-12' });
    expect(choicesShown(slots, { text: 'nothing', chosen: '' })).toEqual([]);
  });
});
