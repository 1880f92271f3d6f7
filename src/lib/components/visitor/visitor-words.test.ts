import { describe, expect, test } from 'vitest';
import { opSchemas } from '#shared/protocol/ops';
import type { Row } from '#shared/protocol/rows';
import { timeFormat } from '../time/format';
import { formatMoney, parseAmount } from '../time/money';
import { gateVisits } from './gate-visits';
import { copyLink, linkAddress, shareLink } from './share-link';
import { emptyDraft, problemsIn, usesChoices, wishOf, type VisitorDraft } from './visitor-form';
import { datedWindow, paymentWords, visitMark, visitStage, visitWords } from './visitor-status';

const NOW = Date.UTC(2026, 2, 2, 10);
const HOUR = 3_600_000;
const format = timeFormat('Europe/Berlin', 'en-GB');
const anna = { name: 'Anna', phone: '+48 600 100 200' };
const draft = (fields: Partial<VisitorDraft> = {}): VisitorDraft => ({
  ...emptyDraft,
  visitors: [anna],
  ...fields,
});

describe('D2 what is entered', () => {
  test.each([
    [{}, []],
    [{ visitors: [{ name: ' ', phone: '' }] }, ['name0', 'phone0']],
    [{ visitors: [anna, { name: 'Ben', phone: 'call me' }] }, ['phone1']],
    [{ visitors: [anna, { name: 'ANNA ', phone: '0048600100200' }] }, ['name1']],
    [{ payment: 'cash' }, ['amount']],
    [{ payment: 'cash', amount: 'twelve' }, ['amount']],
    [{ payment: 'cash', amount: '12,50' }, []],
    [{ payment: 'cash', amount: '99999999' }, ['amount']],
    [{ payment: 'online', amount: '5' }, ['reference']],
    [{ payment: 'none', amount: 'left over' }, []],
  ] as const)('D2 %j', (fields, expected) => {
    expect(Object.keys(problemsIn(draft(fields as Partial<VisitorDraft>), 'EUR'))).toEqual(expected);
  });

  test('D2 what the form lets through is what the wire takes', () => {
    const wish = wishOf(
      draft({
        payment: 'online',
        amount: '12.5',
        reference: ' TX-1 ',
        plate: ' wx 1 ',
        uses: '2',
        binds: true,
      }),
      { start: NOW, end: NOW + HOUR },
      'EUR',
    );
    expect(wish).toMatchObject({ amount: 1250, reference: 'TX-1', plate: 'WX 1', uses: 2, binds: true });
    const args = { ...wish, visitorPassId: '0190c0de-0000-7000-8000-000000000001', linkHash: null };
    expect(opSchemas['visitor.issue@1'].safeParse(args).success).toBe(true);
  });

  test('D2 who is named twice is told of the choice by its name', () => {
    const again = problemsIn(draft({ visitors: [anna, anna] }), 'EUR').name1;
    expect(again).toContain(`“${usesChoices.find(({ value }) => value === '2')!.label}”`);
  });

  test('D2 what was typed for another way of paying is left out', () => {
    expect(
      wishOf(draft({ amount: '5', reference: 'TX' }), { start: NOW, end: NOW + HOUR }, 'EUR'),
    ).toMatchObject({ amount: 0, reference: '', payment: 'none' });
  });

  test.each([
    ['12', 'EUR', 1200],
    ['12.5', 'EUR', 1250],
    ['0,05', 'EUR', 5],
    ['12', 'JPY', 12],
    ['12.5', 'JPY', null],
    ['1.234', 'EUR', null],
    ['1.234', 'BHD', 1234],
    ['-1', 'EUR', null],
    ['', 'EUR', null],
  ])('D2 %s %s is %s', (text, currency, amount) => {
    expect(parseAmount(text, currency)).toBe(amount);
  });

  test('D2 money is written in the site’s currency', () => {
    expect(formatMoney(1250, 'EUR', 'en-GB')).toBe('€12.50');
    expect(formatMoney(1250, 'JPY', 'en-GB')).toMatch(/1,250/);
    const money = (amount: number) => formatMoney(amount, 'EUR', 'en-GB');
    expect(paymentWords({ amount: 0, payment: 'none', reference: '' }, money)).toBe('Nothing');
    expect(paymentWords({ amount: 500, payment: 'online', reference: 'TX-1' }, money)).toBe(
      '€5.00 online, TX-1',
    );
  });
});

describe('D2 where a pass stands', () => {
  const visit = {
    start: NOW,
    end: NOW + HOUR,
    mark: 'confirmed',
    revokedAt: null,
    revokeWaiting: false,
  } as const;
  test.each([
    [{}, NOW - HOUR, 'coming', 'Good in 1 hr'],
    [{}, NOW, 'now', 'Good until 12:00'],
    [{}, NOW + HOUR, 'over', 'Over'],
    [{ revokedAt: NOW }, NOW, 'revoked', 'Revoked'],
    [{ mark: 'refused' }, NOW, 'refused', 'Not made'],
    [{ revokeWaiting: true }, NOW, 'now', 'Good until 12:00'],
  ] as const)('D2 %j at %s: %s', (fields, now, stage, words) => {
    expect(visitStage({ ...visit, ...fields }, now)).toBe(stage);
    expect(visitWords({ ...visit, ...fields }, now, format)).toBe(words);
  });

  test('D2 what is read on another day carries its date', () => {
    expect(datedWindow(format, visit)).toBe('Mon, 2 Mar 2026, 11:00 – 12:00');
  });

  test('D2 a revocation on its way is said', () => {
    expect(visitMark({ ...visit, revokeWaiting: true })).toEqual({
      mark: 'waiting',
      label: 'Waiting to revoke',
    });
    expect(visitMark({ ...visit, revokedAt: NOW, revokeWaiting: true })).toEqual({ mark: 'confirmed' });
  });
});

describe('D2 sharing', () => {
  const link = { title: 'Pass', text: 'For Anna', url: 'https://h/v#x' };
  const clipboard = {
    written: '',
    writeText: (text: string) => Promise.resolve(void (clipboard.written = text)),
  };

  test('by the phone; put away is no failure; without it the address is copied', async () => {
    expect(await shareLink(link, { share: () => Promise.resolve(), clipboard })).toBe('shared');
    const away = () => Promise.reject(new DOMException('', 'AbortError'));
    expect(await shareLink(link, { share: away, clipboard })).toBeNull();
    expect(clipboard.written).toBe('');
    expect(await shareLink(link, { clipboard })).toBe('copied');
    expect(clipboard.written).toBe('https://h/v#x');
    const broken = () => Promise.reject(new DOMException('', 'NotAllowedError'));
    expect(await shareLink(link, { share: broken, clipboard: undefined })).toBe('failed');
    expect(await copyLink('x', { writeText: broken })).toBe('failed');
  });

  test('the secret is in the fragment', () => {
    expect(new URL(linkAddress('https://h', 'secret')).hash).toBe('#secret');
  });
});

test('D2 at the gate: visits of others that stand, by start', () => {
  const pass = (fields: Partial<Row<'gate_pass'>>): Row<'gate_pass'> => ({
    ...{
      id: 'p',
      slotLabel: '',
      plate: '',
      personName: 'Anna',
      kind: 1,
      notBefore: NOW,
      expiresAt: NOW + HOUR,
    },
    ...{
      status: 'valid',
      code: 'K7QM4XRT',
      bound: false,
      visitorPassId: 'v',
      hostName: 'Mara, 12',
      ...fields,
    },
  });
  const visits = gateVisits(
    [
      pass({ visitorPassId: 'late', notBefore: NOW + 2, kind: 2 }),
      pass({ visitorPassId: null }),
      pass({ visitorPassId: 'revoked', status: 'revoked' }),
      pass({ visitorPassId: 'over', expiresAt: NOW }),
      pass({ visitorPassId: 'own' }),
      pass({ visitorPassId: 'early' }),
    ],
    new Set(['own']),
    NOW,
  );
  expect(visits.map(({ visitorPassId, uses }) => [visitorPassId, uses])).toEqual([
    ['early', 1],
    ['late', 2],
  ]);
});
