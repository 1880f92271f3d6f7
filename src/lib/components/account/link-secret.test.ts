import { describe, expect, it } from 'vitest';
import { linkSecret } from './link-secret';

describe('linkSecret', () => {
  it('B1 is what stands in the fragment, where that can be one', () => {
    expect(linkSecret('#abcdefghij234567abcdefghij234567')).toBe('abcdefghij234567abcdefghij234567');
    for (const hash of ['', '#', '#A', '#a b', '#second-factor=abc', `#${'a'.repeat(201)}`])
      expect(linkSecret(hash)).toBeNull();
  });
});
