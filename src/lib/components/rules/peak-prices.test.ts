import { expect, test } from 'vitest';
import { priceSentences } from '../credits/price-words';
import { newPeak, peakProblems, toggledDay } from './peak-prices';
import { creditPriceFrom } from './rule-form';

test('C5 prices are said in advance, hour by hour', () => {
  expect(priceSentences({ price: 3, peakPrices: [] })).toEqual(['A reservation costs 3 credits.']);
  const night = { weekdays: [5], from: 22 * 60, until: 2 * 60, price: 4 };
  const sunday = { weekdays: [7], from: 0, until: 0, price: 5 };
  const cheap = { ...sunday, price: 2 };
  expect(priceSentences({ price: 3, peakPrices: [cheap] })).toEqual(['A reservation costs 3 credits.']);
  expect(priceSentences({ price: 3, peakPrices: [newPeak, night, cheap, sunday] }).slice(0, 4)).toEqual([
    'A reservation costs 3 credits, but at these hours:',
    'Monday – Friday, 07:00 – 10:00: 6 credits.',
    'Friday, 22:00 – 02:00 the next day: 4 credits.',
    'Sunday, all day: 5 credits.',
  ]);
});

test('C5 a day is put in and taken out, in order', () => {
  expect(toggledDay([1, 5], 3)).toEqual([1, 3, 5]);
  expect(toggledDay([1, 3, 5], 3)).toEqual([1, 5]);
});

test('C5 a peak price needs a day, both times and a whole price', () => {
  expect(peakProblems([newPeak])).toEqual({});
  expect(peakProblems([{ ...newPeak, from: NaN }, newPeak, { ...newPeak, until: NaN }])).toEqual({
    0: 'Give a time.',
    2: 'Give a time.',
  });
  expect(
    Object.keys(peakProblems([newPeak, { ...newPeak, weekdays: [] }, { ...newPeak, price: NaN }])),
  ).toEqual(['1', '2']);
});

test.each([
  ['', 'EUR', 0],
  ['0.50', 'EUR', 50],
  ['50', 'JPY', 50],
  ['0,5', 'EUR', 50],
  ['much', 'EUR', null],
  ['1', 'E', null],
  ['99999999', 'EUR', null],
])('B8 %j %s as the price of a credit is %j', (text, currency, price) => {
  expect(creditPriceFrom(text, currency)).toBe(price);
});
