import type { Pool } from 'pg';
import type { House, Inhabitant } from './testing-house';

/** What a call may leave behind whoever makes it: counters, and the log of what was tried. */
const left = new Set(['rate_limits', 'security_events', 'sync_clock', 'epoch', 'server_secrets']);

/** All ids under which a house's things can be named, by the name of their column, e.g. `slot_id`. */
export type KnownIds = ReadonlyMap<string, readonly string[]>;

/** Each table with the text of those of its rows that are the house's, or one person's. */
export type Rows = ReadonlyMap<string, string>;

interface Column {
  table_name: string;
  column_name: string;
  data_type: string;
}

/** Looks at what a house, or one of its people alone, has in every table there is: new tables come in by themselves. */
export async function createWatch(pool: Pool, house: House) {
  const { rows: columns } = await pool.query<Column>(
    `select table_name, column_name, data_type from information_schema.columns c join information_schema.tables t using (table_name, table_schema)
      where table_schema = 'public' and table_type = 'BASE TABLE' order by 1, 2`,
  );
  const byTable = new Map<string, Column[]>();
  for (const column of columns) {
    if (left.has(column.table_name)) continue;
    byTable.set(column.table_name, [...(byTable.get(column.table_name) ?? []), column]);
  }
  const tables = [...byTable];
  const users = Object.values(house.people).map(({ userId }) => userId);

  /** A row of a table without a site is its user's. */
  const conditionOf = (own: readonly Column[]): string | null => {
    const names = new Set(own.map(({ column_name }) => column_name));
    if (names.has('site_id'))
      return names.has('user_id') ? '(site_id = $1 or user_id = any($2))' : 'site_id = $1';
    return names.has('user_id') ? 'user_id = any($2)' : null;
  };

  const read = async (select: string, from: string, condition: string): Promise<string> => {
    // The parameters are named in both parts, whichever the condition uses.
    const { rows } = await pool.query<{ text: string | null }>(
      `select ${select} as text from ${from} t where ${condition} and $1::uuid is not null and $2::uuid[] is not null`,
      [house.siteId, users],
    );
    return rows[0]?.text ?? '';
  };

  const ofHouse = tables.flatMap(([name, own]) => {
    const condition = conditionOf(own);
    if (condition === null) return [];
    // Sessions are opened by the test itself, and their last use is written when it looks.
    const select =
      name === 'sessions'
        ? `string_agg(distinct user_id::text || site_id, ',')`
        : `string_agg(t::text, ',' order by t::text)`;
    return [`select '${name}' as name, ${select} as text from ${name} t where ${condition}`];
  });
  const ofPerson = tables.flatMap(([name, own]) => {
    if (['sessions', 'sync_row', 'intents'].includes(name)) return [];
    const uuids = own.filter(({ data_type }) => data_type === 'uuid').map(({ column_name }) => column_name);
    if (uuids.length === 0) return [];
    return [
      `select '${name}' as name, string_agg(t::text, ',' order by t::text) as text from ${name} t
        where array[${uuids.join()}] && $1::uuid[]`,
    ];
  });

  /** All tables in one prepared statement: the walks look hundreds of times. */
  const look = async (name: string, parts: readonly string[], values: unknown[]): Promise<Rows> => {
    const text = parts.join(' union all ');
    const { rows } = await pool.query<{ name: string; text: string | null }>({ name, text, values });
    return new Map(rows.map((row) => [row.name, row.text ?? '']));
  };

  return {
    /** Rows of the house and of its people's accounts. */
    ofHouse: (): Promise<Rows> => look('watch_house', ofHouse, [house.siteId, users]),

    /** Rows that name one person as theirs in a column of their own. */
    ofPerson: ({ memberId, userId }: Inhabitant): Promise<Rows> =>
      look('watch_person', ofPerson, [[memberId, userId]]),

    /** Ids as they stand now. */
    async ids(): Promise<KnownIds> {
      const known = new Map<string, Set<string>>();
      for (const [name, own] of tables) {
        const condition = conditionOf(own);
        if (condition === null) continue;
        for (const { column_name, data_type } of own) {
          if (data_type !== 'uuid' && column_name !== 'credential_id' && column_name !== 'subject') continue;
          const text = await read(`string_agg(distinct ${column_name}::text, ',')`, name, condition);
          const values = known.get(column_name) ?? new Set();
          for (const value of text.split(',').filter(Boolean)) values.add(value);
          known.set(column_name, values);
        }
      }
      return new Map([...known].map(([name, values]) => [name, [...values].sort()]));
    },
  };
}

/** The names of the tables that differ. */
export function differencesOf(before: Rows, after: Rows): string[] {
  return [...before.keys()].filter((name) => before.get(name) !== after.get(name));
}

/** The ids that a property of this name may stand for; all of them where the name says nothing. */
export function idsFor(property: string, known: KnownIds): readonly string[] {
  const column = property.replace(/s$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const fitting = [...known].filter(([name]) => column === name || column.endsWith(`_${name}`));
  const named = fitting.flatMap(([, ids]) => ids);
  return named.length > 0 ? named : [...new Set([...known.values()].flat())];
}
