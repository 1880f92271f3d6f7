import { describe, expect, it } from 'vitest';
import { opSchemas } from '#shared/protocol/ops';
import { pullRequestSchema } from '#shared/protocol/pull';
import { pushRequestSchema } from '#shared/protocol/push';
import { listProcedures } from './testing-procedures';
import { isSchema, sampleOf, type Schema } from './testing-samples';

/** Fields that nobody may give themselves, whatever a procedure does with what it is given. */
const wanted = {
  role: 'manager',
  isAdministrator: true,
  userId: '01900000-0000-7000-8000-000000000000',
  memberId: '01900000-0000-7000-8000-000000000000',
  siteId: '01900000-0000-7000-8000-000000000000',
  email_verified_at: '2026-01-01T00:00:00Z',
  emailVerified: true,
  verifiedAt: 1,
  credits: 1_000_000,
  balance: 1_000_000,
  status: 'approved',
  __proto__polluted: true,
};

/** What is asked for on purpose: a manager gives roles, a person says which site. */
const asked: Readonly<Record<string, readonly string[]>> = {
  'member.set_role@1': ['role', 'memberId'],
  'member.remove@1': ['memberId'],
  'sync.push': ['memberId'],
  'invitation.issueByEmail': ['role'],
  'invitation.issueLink': ['role'],
  'invitation.issueSheet': ['role'],
  'sites.switch': ['siteId', 'memberId'],
  'joining.ask': ['siteId'],
  'platform.inviteManager': ['siteId'],
};

const byFunction: Readonly<Record<string, unknown>> = {
  'sync.push': pushRequestSchema,
  'sync.pull': pullRequestSchema,
};
const shapes = [
  ...Object.entries(opSchemas).map(([op, schema]) => [op, schema as unknown as Schema] as const),
  ...listProcedures().flatMap(({ path, inputs }) =>
    [byFunction[path], ...inputs].filter(isSchema).map((schema) => [path, schema] as const),
  ),
];

/** The same value with the wanted fields in every object of it. */
function stuffed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stuffed);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.entries(value).map(([name, it]) => [name, stuffed(it)] as const);
  return { ...wanted, ...Object.fromEntries(inner) };
}

function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, it]) => [name, ...fieldsOf(it)]);
}

describe('A7 mass assignment', () => {
  it.each(shapes)('A7 %s takes no field that it does not name', (name, schema) => {
    const parsed = schema.safeParse(stuffed(sampleOf(schema).value));
    // Refused as a whole, or taken without them.
    const taken = parsed.success ? new Set(fieldsOf(parsed.data)) : new Set();
    const mine = asked[name] ?? [];
    expect(Object.keys(wanted).filter((field) => taken.has(field) && !mine.includes(field))).toEqual([]);
  });
});
