import type { Pool } from 'pg';

/** How many indexes a process takes from a site's counter at a time: the site's row is written once in as many passes. */
const BLOCK = 256;

export interface StatusIndexes {
  /** `count` indexes of the site's status list that no other pass has or will have, in ascending order. */
  take(siteId: string, count: number): Promise<number[]>;
}

interface Block {
  next: number;
  end: number;
}

/**
 * Hi/lo allocation: blocks come from `sites.next_status_index`, single indexes from memory. Indexes of a block that a
 * process did not use up, or whose transaction was rolled back, are never used: a gap in the list means "valid" and harms nobody.
 */
export function createStatusIndexes(pool: Pick<Pool, 'query'>): StatusIndexes {
  const blocks = new Map<string, Block>();

  async function allocate(siteId: string, size: number): Promise<Block> {
    // On its own connection, so that the counter's row is not locked until the end of a caller's transaction.
    const { rows } = await pool.query<{ end: number }>(
      `update sites set next_status_index = next_status_index + $2 where site_id = $1
       returning next_status_index as end`,
      [siteId, size],
    );
    const end = rows[0]?.end;
    if (end === undefined) throw new Error(`there is no site ${siteId}`);
    return { next: end - size, end };
  }

  return {
    async take(siteId, count) {
      const taken: number[] = [];
      for (;;) {
        // Between two awaits nothing else runs, so two callers never get the same index.
        const block = blocks.get(siteId);
        while (block && block.next < block.end && taken.length < count) taken.push(block.next++);
        if (taken.length === count) return taken.sort((a, b) => a - b);
        const allocated = await allocate(siteId, Math.max(BLOCK, count));
        const current = blocks.get(siteId);
        // Another caller may have brought a block meanwhile; what is left of it is given up.
        if (!current || current.end < allocated.end) blocks.set(siteId, allocated);
      }
    },
  };
}
