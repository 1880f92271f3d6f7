import type { Pool } from 'pg';
import { inTransaction } from '../../db/transaction';

/**
 * After a restore from a backup, before the server takes calls again: every device loads its scopes anew at its next
 * pull and sends again what this database has forgotten. Answers the new epoch. Doing it twice costs one more load.
 */
export async function startNewEpoch(pool: Pool): Promise<string> {
  return inTransaction(
    pool,
    async (client) => {
      const { rows } = await client.query<{ epoch: string }>('select new_epoch() as epoch');
      if (!rows[0]) throw new Error('The table epoch has lost its row');
      return rows[0].epoch;
    },
    { idempotent: true },
  );
}
