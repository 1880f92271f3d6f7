import { describe, expect, it } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { timeFormat } from '$lib/components/time/format';
import { closedWords, incidentWords, namedScans } from './incident-words';

const NOW = Date.UTC(2026, 2, 2, 10);
const format = timeFormat('UTC', 'en-GB');
const named = {
  firstAt: NOW - 60_000,
  firstGate: 1,
  firstGuard: 'Petra',
  lastAt: NOW,
  lastGate: 2,
  lastGuard: 'Ivo',
};
const incident = (fields: Partial<Row<'incident'>>): Row<'incident'> => ({
  ...{ id: 'i', kind: 'double_use', scanIds: ['a', 'b'], passId: 'p', journalId: null, detail: named },
  ...{ raisedAt: NOW, closedAt: null, closedByName: null, note: '' },
  ...fields,
});

describe('X8 incident words', () => {
  it.each([
    ['double_use', { uses: 2, allowed: 1 }, ['2 entries', 'Mara · A-03', 'allows 1']],
    ['journal_gap', { from: 2, to: 4 }, ['Scans 2 to 4', 'Petra']],
    ['journal_gap', { from: 7, to: 7 }, ['Scan 7 of']],
    ['journal_fork', { seq: 5 }, ['From scan 5 on', 'Petra']],
    ['journal_forged', {}, ['2 scans', 'Petra and Ivo']],
    ['clock_jump', { back: 120_000 }, ['went back by 2 min']],
    ['clock_jump', { ahead: 3_600_000, corrected: 180_000 }, ['corrected by 3 mins', '1 hr ahead']],
    ['of_a_newer_server', { x: 1 }, ['does not know']],
  ])('X8 %s says what happened and what to do', (kind, detail, said) => {
    const words = incidentWords(incident({ kind, detail: { ...named, ...detail } }), 'Mara · A-03');
    for (const part of said) expect(words.happened).toContain(part);
    expect(Object.values(words).join(' ')).not.toMatch(/undefined|null|NaN|\b0 /);
    expect(words.next).not.toBe('');
  });

  it('X8 names guards and gates of the first and the last scan, also when there is one or none', () => {
    expect(namedScans(incident({}))).toEqual([
      { at: NOW - 60_000, gate: 1, guard: 'Petra' },
      { at: NOW, gate: 2, guard: 'Ivo' },
    ]);
    const { firstAt, firstGate, firstGuard } = named;
    expect(namedScans(incident({ detail: { firstAt, firstGate, firstGuard } }))).toHaveLength(1);
    expect(namedScans(incident({ detail: {} }))).toEqual([]);
    expect(
      incidentWords(incident({ kind: 'journal_gap', detail: { from: 1, to: 2 } }), '').happened,
    ).toContain('a guard');
  });

  it('X8 says who closed it, or that it closed by itself', () => {
    expect(closedWords(incident({}), NOW, format)).toBe('');
    expect(closedWords(incident({ closedAt: NOW, closedByName: 'Sol' }), NOW, format)).toBe(
      'Closed by Sol, 10:00.',
    );
    expect(closedWords(incident({ closedAt: NOW }), NOW, format)).toContain('an exit in between');
    expect(closedWords(incident({ closedAt: NOW, kind: 'journal_gap' }), NOW, format)).toContain(
      'has arrived',
    );
  });
});
