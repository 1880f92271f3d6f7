import type { PoolClient } from 'pg';
import { CHANNEL } from './pokes';

/**
 * Pokes the scopes in every process once the caller's transaction is committed, and not at all when it is not. For what is
 * changed past the arbiter, and seldom: all commits with a NOTIFY wait for one lock.
 */
export async function pokeAtCommit(client: PoolClient, scopes: readonly string[]): Promise<void> {
  // From no process: the one that commits hears it like all others.
  await client.query('select pg_notify($1, $2)', [CHANNEL, JSON.stringify({ from: '', scopes })]);
}
