import { describe, expect, it } from 'vitest';
import { invitationIn, keepFragment, withFragment } from './return-path';

function createStore() {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}

describe('the way back from another provider', () => {
  it('A1 keeps an invitation’s secret in the tab, for the path it belongs to', () => {
    const store = createStore();
    keepFragment('/join#SECRET', store);
    expect(withFragment('/join', store)).toBe('/join#SECRET');
    expect(withFragment('/find', store)).toBe('/find');
    expect(invitationIn(withFragment('/join', store))).toBe('SECRET');
  });

  it('A1 forgets it with the next leaving', () => {
    const store = createStore();
    keepFragment('/join#SECRET', store);
    keepFragment('/join', store);
    expect(withFragment('/join', store)).toBe('/join');
    expect(invitationIn('/join')).toBeUndefined();
    expect(invitationIn('/joining#x')).toBeUndefined();
  });
});
