import { describe, expect, it } from 'vitest';
import { flatsOf, problemInFlats } from './invite-form';

describe('the flats of a sheet', () => {
  it('A1 are one a line, each once', () => {
    expect(flatsOf(' 1 left\n\n1 right \r\n1 left\n')).toEqual(['1 left', '1 right']);
  });

  it('A1 are one to 300, none too long', () => {
    expect(problemInFlats([])).toBeDefined();
    expect(problemInFlats(['1'])).toBeUndefined();
    expect(problemInFlats(Array.from({ length: 301 }, (_, index) => String(index)))).toContain('300');
    expect(problemInFlats(['a'.repeat(81)])).toBeDefined();
  });
});
