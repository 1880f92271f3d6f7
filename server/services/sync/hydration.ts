import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { PoolClient } from 'pg';

/** What a hydrating query needs to know. Each reads its rows of one scope in one statement. */
export interface Hydration {
  /** In the pull's own transaction. */
  readonly client: PoolClient;
  readonly siteId: string;
  readonly memberId: string;
  /** Only these rows; null for all of the scope. */
  readonly ids: readonly string[] | null;
  /** Epoch ms. */
  readonly now: number;
  /** Epoch ms before which a pass must begin to be in the gate's scope. */
  readonly gateHorizon: number;
}

/** `column = any(ids)`, or true for null. Only constant column names go in. */
export function among(column: string, ids: readonly string[] | null): RawBuilder<SqlBool> {
  return ids === null ? sql<SqlBool>`true` : sql<SqlBool>`${sql.ref(column)} = any(${[...ids]}::uuid[])`;
}

/** A slot's windows as json, epoch ms, by start; of the table named `s`. */
export function rangesOf(column: 'lent' | 'opened' | 'closed'): RawBuilder<{ start: number; end: number }[]> {
  return sql`(
    select coalesce(json_agg(json_build_object(
             'start', (extract(epoch from lower(r)) * 1000)::bigint,
             'end', (extract(epoch from upper(r)) * 1000)::bigint) order by r), '[]')
      from unnest(${sql.ref(`s.${column}`)}) r)`;
}

/** Bytes as base64url, the form of keys and signed objects on the wire. */
export function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** Epoch ms of a column that may be null. */
export function timeOrNull(date: Date | null): number | null {
  return date === null ? null : date.getTime();
}
