import { expect, it } from 'vitest';
import { securityEventKinds } from '#shared/domain/security-event';
import { eventDetail, eventGroups, eventTitle } from './event-words';

it('C10 every kind of event has words and stands in one group', () => {
  const grouped = Object.values(eventGroups).flat();
  expect(grouped.toSorted()).toEqual([...securityEventKinds].toSorted());
  expect(new Set(securityEventKinds.map(eventTitle)).size).toBe(securityEventKinds.length);
});

it('C10 a line says who, how, with what and from where', () => {
  const event = {
    ...{ person: { userId: 'a', name: 'Ada' }, actor: null, network: '203.0.113.0/24' },
    ...{ device: 'Firefox on Windows', detail: { by: 'passkey' } },
  };
  expect(eventDetail(event)).toBe('Ada · by passkey · Firefox on Windows · network 203.0.113.x');
  const mara = { userId: 'm', name: 'Mara' };
  const bare = { ...event, network: '', device: '', detail: { from: 'resident', to: 'guard', note: null } };
  expect(eventDetail({ ...bare, actor: mara })).toBe('Ada · by Mara · resident · guard');
  expect(eventDetail({ ...bare, person: null, detail: {} })).toBe('Nobody known');
  const sold = { credits: 10, amount: 500, currency: 'EUR', method: 'cash', topupId: 'id' };
  expect(eventDetail({ ...bare, actor: mara, detail: sold })).toBe(
    'Ada · by Mara · 10 credits · €5.00 · in cash',
  );
  const disputed = { amount: 1, currency: 'USD', agreed: 500, agreedCurrency: 'EUR', topupId: 'id' };
  expect(eventDetail({ ...bare, detail: disputed })).toBe('Ada · US$0.01 · €5.00 agreed');
  const given = { slot: 'B-02', change: 'given', slotId: 'id', fromId: null, toId: 'id' };
  expect(eventDetail({ ...bare, actor: mara, detail: given })).toBe('Ada · by Mara · B-02 · given');
});
