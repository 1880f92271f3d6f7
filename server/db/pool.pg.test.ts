import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from './testing';
import { createTestDatabase } from './testing';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ empty: true });
});
afterAll(() => database.close());

async function read(expression: string): Promise<unknown> {
  const { rows } = await database.pool.query<{ value: unknown }>(`SELECT ${expression} AS value`);
  return rows[0]?.value;
}

describe('createPool', () => {
  it.each([
    ['9007199254740991::int8', 9007199254740991],
    ['-5::int8', -5],
    ["'{1,NULL,3}'::int8[]", [1, null, 3]],
    [
      "'{{1,2},{3,4}}'::int8[]",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["'2026-11-21 14:02:00.123+00'::timestamptz", new Date('2026-11-21T14:02:00.123Z')],
    ["'12'::xid8", '12'],
    ["'[1,3)'::int4range", '[1,3)'],
    ['1.50::numeric', '1.50'],
  ])('reads %s', async (expression, value) => {
    expect(await read(expression)).toEqual(value);
  });

  it('fails on an int8 that a number cannot hold, and goes on', async () => {
    await expect(read('9007199254740993::int8')).rejects.toThrow(RangeError);
    expect(await read('1::int8')).toBe(1);
  });
});
