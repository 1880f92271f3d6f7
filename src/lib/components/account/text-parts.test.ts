import { describe, expect, it } from 'vitest';
import { textParts } from './text-parts';

describe('textParts', () => {
  it('B4 takes the addresses out, and nothing gets lost', () => {
    const text = 'Open:\nhttps://a.example/recover#abc\n\nor http://b.example';
    const parts = textParts(text);
    expect(parts.map(({ text: part }) => part).join('')).toBe(text);
    expect(parts.flatMap(({ link }) => link ?? [])).toEqual([
      'https://a.example/recover#abc',
      'http://b.example',
    ]);
    expect(textParts('')).toEqual([]);
    expect(textParts('javascript:alert(1)')).toEqual([{ text: 'javascript:alert(1)', link: null }]);
  });
});
