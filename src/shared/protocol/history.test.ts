import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { history, schemaHashes } from './history';
import { opSchemas } from './ops';
import { pokeSchema, pullRequestSchema, pullResponseSchema } from './pull';
import { PROTOCOL_VERSION, pushRequestSchema, pushResponseSchema } from './push';
import { rowSchemas } from './rows';
import { sessionAnswerSchema } from './session';

const schemas: Record<keyof typeof schemaHashes, Record<string, z.ZodMiniType>> = {
  push: { request: pushRequestSchema, response: pushResponseSchema },
  pull: { request: pullRequestSchema, response: pullResponseSchema, poke: pokeSchema },
  ops: opSchemas,
  rows: rowSchemas,
  session: { answer: sessionAnswerSchema },
};

/** JSON with sorted keys, so that the order in which fields are written is no change. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, field: unknown): unknown => {
    if (Array.isArray(field)) return key === 'required' ? field.toSorted() : field;
    if (typeof field !== 'object' || field === null) return field;
    return Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function hashOf(group: Record<string, z.ZodMiniType>): string {
  const parts = Object.entries(group).map(([name, schema]) => [name, z.toJSONSchema(schema)]);
  return createHash('sha256')
    .update(canonical(Object.fromEntries(parts)))
    .digest('hex')
    .slice(0, 12);
}

describe('the history of the wire', () => {
  it('K4 has a line for every change of a wire schema', () => {
    const now = Object.fromEntries(Object.entries(schemas).map(([name, group]) => [name, hashOf(group)]));
    const last = history.at(-1)?.hashes;
    expect(
      { schemaHashes, last },
      'put these hashes into history.ts, in a new line of `history` too',
    ).toEqual({
      schemaHashes: now,
      last: Object.values(now).join(' '),
    });
  });

  it('K4 counts the version up by one and never down', () => {
    const versions = history.map(({ version }) => version);
    expect(versions[0]).toBe(1);
    for (const [index, version] of versions.slice(1).entries())
      expect([0, 1]).toContain(version - (versions[index] ?? 0));
    expect(versions.at(-1)).toBe(PROTOCOL_VERSION);
  });

  it('K4 sees a changed field, a changed limit and a field that is optional now, and no changed order', () => {
    const before = hashOf({ a: z.object({ x: z.int(), y: z.string().check(z.maxLength(5)) }) });
    expect(hashOf({ a: z.object({ y: z.string().check(z.maxLength(5)), x: z.int() }) })).toBe(before);
    for (const after of [
      z.object({ x: z.int(), y: z.string().check(z.maxLength(6)) }),
      z.object({ x: z.optional(z.int()), y: z.string().check(z.maxLength(5)) }),
      z.object({ x: z.int(), z: z.string().check(z.maxLength(5)) }),
    ])
      expect(hashOf({ a: after })).not.toBe(before);
  });
});
