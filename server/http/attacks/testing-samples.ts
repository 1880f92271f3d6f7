import { createECDH, ECDH, randomBytes, randomUUID } from 'node:crypto';

/** A value that a schema takes, and where in it ids stand. */
export interface Sample {
  readonly value: unknown;
  /** The way to each id: property names and indexes. */
  readonly idPaths: readonly (readonly string[])[];
}

/** Chooses the value of a leaf by the name of its property; undefined leaves it to the generator. */
export type Choose = (name: string) => unknown;

interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly element?: Schema;
  readonly innerType?: Schema;
  readonly options?: readonly Schema[];
  readonly entries?: Readonly<Record<string, string | number>>;
  readonly values?: readonly unknown[];
  readonly in?: Schema;
  readonly out?: Schema;
}

/** As much of a zod schema, of either flavour, as a generator needs. */
export interface Schema {
  readonly _zod: { readonly def: Definition };
  safeParse(value: unknown): { readonly success: boolean; readonly data?: unknown };
}

export function isSchema(parser: unknown): parser is Schema {
  return typeof parser === 'object' && parser !== null && '_zod' in parser;
}

const HOUR = 3_600_000;
/** What begins comes before what ends. Milliseconds from now. */
const times: Readonly<Record<string, number>> = { start: 48 * HOUR, end: 49 * HOUR };
/** Minutes of a day: not the same as where it begins. And a price that is agreed to. */
const numbers: Readonly<Record<string, number>> = { until: 420, most: 1000 };
/** Local dates, where a schema takes them. */
const dates: Readonly<Record<string, string>> = {
  startsOn: '2027-03-01',
  endsOn: '2027-03-31',
  from: '2027-03-08',
  until: '2027-03-10',
};

/** Makes a value that `schema` takes. Throws for a schema that it cannot serve: then it has to learn. */
export function sampleOf(schema: Schema, choose: Choose = () => undefined): Sample {
  const idPaths: string[][] = [];
  const value = make(schema, [], { choose, idPaths });
  if (!schema.safeParse(value).success)
    throw new Error(`the generator of samples must learn this shape: ${JSON.stringify(value)}`);
  return { value, idPaths };
}

/** The same value with another one at a path of it. */
export function withValueAt(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return replacement;
  const inner = (value as Record<string, unknown>)[head];
  const changed = withValueAt(inner, rest, replacement);
  if (Array.isArray(value))
    return value.map((it, index) => (String(index) === head ? changed : (it as unknown)));
  return { ...(value as object), [head]: changed };
}

interface Tools {
  readonly choose: Choose;
  readonly idPaths: string[][];
}

function make(schema: Schema, path: string[], tools: Tools): unknown {
  const { def } = schema._zod;
  switch (def.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(def.shape ?? {}).map(([name, inner]) => [name, make(inner, [...path, name], tools)]),
      );
    case 'array':
      return [make(def.element!, [...path, '0'], tools)];
    case 'nullable':
    case 'optional':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'nonoptional':
      return make(def.innerType!, path, tools);
    case 'union':
      return make(def.options![0]!, path, tools);
    case 'pipe':
      return make(def.in!._zod.def.type === 'transform' ? def.out! : def.in!, path, tools);
    case 'record':
      return {};
    case 'boolean':
      return false;
    case 'literal':
      return def.values![0];
    case 'enum':
      return firstTaken(schema, [tools.choose(nameOf(path)), ...Object.values(def.entries!)]);
    case 'number':
    case 'int':
      return firstTaken(schema, [tools.choose(nameOf(path)), ...numbersFor(nameOf(path))]);
    case 'string':
      return makeText(schema, path, tools);
    default:
      return tools.choose(nameOf(path)) ?? null;
  }
}

function makeText(schema: Schema, path: string[], tools: Tools): unknown {
  const name = nameOf(path);
  const isUuid = schema.safeParse(randomUUID()).success && !schema.safeParse('some words').success;
  // Ids that are no UUIDs: a credential's, a session's.
  const isId = (isUuid && !schema.safeParse('x').success) || /Ids?$/.test(name) || name === 'id';
  if (isId) tools.idPaths.push(path);
  return firstTaken(schema, [tools.choose(name), ...textsFor(isId), dates[name]]);
}

function firstTaken(schema: Schema, candidates: readonly unknown[]): unknown {
  return candidates.find((it) => it !== undefined && schema.safeParse(it).success);
}

function numbersFor(name: string): number[] {
  const now = Date.now();
  const [time, known] = [times[name], numbers[name]];
  const fitting = time === undefined ? (known ?? (/(At|Time)$/.test(name) ? now : 1)) : now + time;
  return [fitting, 1, 0, 10, 42, now];
}

function textsFor(isId: boolean): string[] {
  const some = [
    'Some words',
    `${randomBytes(6).toString('hex')}@example.test`,
    randomUUID(),
    compressedPoint(),
    randomBytes(32).toString('base64url'),
    randomBytes(64).toString('base64url'),
    randomBytes(16).toString('base64url'),
    '+49 30 123456',
    '123456',
    'ABCD2345',
    'ABCDE23456',
    'Europe/Berlin',
    'https://example.test/push',
    '/settings',
    '',
  ];
  return isId ? [randomUUID(), ...some] : some;
}

function compressedPoint(): string {
  const key = createECDH('prime256v1').generateKeys();
  return ECDH.convertKey(key, 'prime256v1', undefined, 'base64url', 'compressed') as string;
}

/** The last property name on the way, also for what stands in a list of it. */
function nameOf(path: readonly string[]): string {
  return path.findLast((part) => !/^\d+$/.test(part)) ?? '';
}
