import { describe, expect, it } from 'vitest';
import { currentItem, navigationItems } from './navigation-items';

describe('navigation', () => {
  it('gives a thumb at most five places', () => {
    for (const items of Object.values(navigationItems)) {
      expect(items.filter((item) => !item.wideOnly).length).toBeLessThanOrEqual(5);
    }
  });

  it.each([
    ['manager', '/', 'Now'],
    ['manager', '/find', 'Find'],
    ['manager', '/reservations/0190/pass', 'Now'],
    ['resident', '/figures', 'Now'],
    ['manager', '/gate', 'Gate'],
    ['manager', '/gate/log', 'Log'],
    ['guard', '/gate/log', 'Log'],
    ['resident', '/slots', 'My slots'],
    ['resident', '/slotsomething', undefined],
    ['resident', '/rules', 'Settings'],
    ['manager', '/keys', 'Settings'],
    ['guard', '/find', undefined],
    ['guard', '/visitors/new', 'Visitors'],
    ['resident', '/visitors/0190', 'Visitors'],
  ] as const)('%s at %s is under %s', (role, path, label) => {
    expect(currentItem(navigationItems[role], path)?.label).toBe(label);
  });
});
