import type { Pool } from 'pg';
import { KEY_IN_USE } from '#shared/domain/signing-key';
import type { Push, SubmitResult } from '../arbiter/push';
import type { Clock } from '../platform/clock';
import { removeKeys, retireKeys } from '../services/passes/key-retirement';

export interface RotateOptions {
  readonly pool: Pool;
  readonly arbiter: { submit(push: Push): Promise<SubmitResult> };
  readonly clock: Clock;
  readonly newId: () => string;
}

/** Sites a run rotates at most: each is an intent of its own, and there is another run in an hour. */
const AT_ONCE = 100;

/**
 * D3: what happens to keys by time alone, of every site: the next one is made when the newest has signed for `KEY_IN_USE`,
 * the former is retired once the next one signs, and leaves when what it signed is over. Safe to run at any time and again.
 * Resolves with how many of each; rejects with an AggregateError when a site's could not be rotated, after all others.
 */
export async function keepKeys(
  options: RotateOptions,
): Promise<{ rotated: number; retired: number; removed: number }> {
  const now = options.clock.now();
  const retired = await retireKeys(options.pool, now);
  const removed = await removeKeys(options.pool, now);
  const due = await findDue(options.pool, now);
  const failures: unknown[] = [];
  let rotated = 0;
  for (const siteId of due) {
    const code = await rotate(options, siteId);
    if (code === null) rotated++;
    // A manager, or another process, was quicker.
    else if (code !== 'key_waiting') failures.push(new Error(`site ${siteId}: ${code}`));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'some signing keys could not be rotated');
  return { rotated, retired, removed };
}

/** The sites whose newest key has signed for long enough, those that waited longest first. */
async function findDue(pool: Pool, now: number): Promise<string[]> {
  const { rows } = await pool.query<{ site_id: string }>({
    name: 'jobs-find-old-keys',
    text: `select site_id from signing_keys where removed_at is null
            group by site_id having max(used_from) <= $1 order by max(used_from) limit $2`,
    values: [new Date(now - KEY_IN_USE), AT_ONCE],
  });
  return rows.map((row) => row.site_id);
}

/** The code of what stood against it; null when the next key is there. */
async function rotate({ arbiter, clock, newId }: RotateOptions, siteId: string): Promise<string | null> {
  const result = await arbiter.submit({
    siteId,
    member: { id: siteId, role: 'system', name: 'Undercroft' },
    // A client of its own for one intent: there are four a year.
    clientId: newId(),
    intents: [
      {
        ...{ seq: 1, id: newId(), op: 'site.rotate_key@1', args: { keyId: newId() } },
        ...{ deviceTime: clock.now(), expiresAt: null },
      },
    ],
  });
  if (!result.ok) return result.code;
  const [outcome] = result.outcomes;
  return outcome?.status === 'applied' ? null : (outcome?.code ?? 'internal');
}
