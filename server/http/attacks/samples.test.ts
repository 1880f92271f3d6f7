import { expect, it } from 'vitest';
import { opSchemas } from '#shared/protocol/ops';
import { listProcedures } from './testing-procedures';
import { isSchema, sampleOf, withValueAt, type Schema } from './testing-samples';

it('D1 the generator of samples knows every op and finds its ids', () => {
  const found = Object.entries(opSchemas).map(([op, schema]) => {
    const { idPaths } = sampleOf(schema as unknown as Schema);
    return [op, idPaths.map((path) => path.join('.'))] as const;
  });
  const ids = Object.fromEntries(found);
  expect(ids['reservation.change@1']).toEqual(['reservationId', 'slotId']);
  expect(ids['scan.record@2']).toEqual(['scanId', 'passId', 'undoes', 'journal.journalId']);
  expect(ids['member.set_plate@1']).toEqual([]);
});

it('D1 the generator of samples knows every procedure', () => {
  for (const { path, inputs } of listProcedures()) {
    for (const input of inputs.filter(isSchema)) expect(() => sampleOf(input), path).not.toThrow();
  }
});

it('puts a value at a path and leaves the rest', () => {
  const value = { a: [{ b: 1, c: 2 }], d: 3 };
  expect(withValueAt(value, ['a', '0', 'b'], 9)).toEqual({ a: [{ b: 9, c: 2 }], d: 3 });
  expect(value.a[0]?.b).toBe(1);
});
