import { describe, expect, it } from 'vitest';
import type { SiteView } from '$lib/auth/installation';
import { managerWords, peopleWords, useWords } from './site-words';

const site: SiteView = {
  ...{ siteId: 's', name: 'Harbour Court', timeZone: 'Europe/Berlin', registration: 'invited' },
  ...{ createdAt: Date.UTC(2026, 2, 3, 12), residents: 1200, guards: 1, managers: 2, slots: 30 },
  ...{ reservations: 1, scans: 0, managerInvitedUntil: null },
};

describe('words about a site', () => {
  it('E2 counts people and slots', () => {
    expect(peopleWords(site)).toBe('1,200 residents, 1 guard, 2 managers · 30 slots');
  });

  it('E2 tells how it is used and how one comes in', () => {
    expect(useWords(site)).toBe('1 reservation, 0 scans in 30 days · by invitation · since 3 Mar 2026');
  });

  it('E2 says who is missing', () => {
    expect(managerWords(site)).toBeNull();
    expect(managerWords({ ...site, managers: 0 })).toMatch(/nobody is invited/);
    const managerInvitedUntil = Date.UTC(2026, 2, 17, 12);
    expect(managerWords({ ...site, managers: 0, managerInvitedUntil })).toContain('17 Mar 2026');
  });
});
