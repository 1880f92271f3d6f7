import { digestOf } from '#shared/protocol/digest';
import type { PullResponse } from '#shared/protocol/pull';
import { readMeta, writeMeta, type DeviceDatabase } from '$lib/client-db/database';

/** Milliseconds. A comparison reads every row here and there: 10,000 slots take some 100 ms on either side. */
const CHECK_EVERY = 6 * 3_600_000;

/** Whether this pull shall ask for digests; `now` by the device's clock, which may have been set back. */
export async function isCheckDue(
  db: DeviceDatabase,
  { now, every = CHECK_EVERY }: { now: number; every?: number | undefined },
): Promise<boolean> {
  const digestedAt = await readMeta(db, 'digestedAt');
  return digestedAt === undefined || Math.abs(now - digestedAt) >= every;
}

/**
 * Compares this device's copy with the server's digests of it, once the answer that brought them is applied. Scopes
 * that differ are noted, to be asked for anew; true when there are any. Another tab that has pulled meanwhile makes the
 * comparison void: it is done at a later pull.
 */
export async function compareCopy(
  db: DeviceDatabase,
  { cookie, digests, serverNow }: PullResponse,
  now: number,
): Promise<boolean> {
  if (!digests) return false;
  const differing = await db.transaction('r', db.rows, db.meta, async () => {
    if ((await readMeta(db, 'cookie')) !== cookie) return null;
    const scopes: string[] = [];
    for (const [scope, { count, hash }] of Object.entries(digests)) {
      const own = digestOf(await db.rows.where('scope').equals(scope).toArray(), serverNow);
      if (own.count !== count || own.hash !== hash) scopes.push(scope);
    }
    return scopes;
  });
  if (differing === null) return false;
  await db.transaction('rw', db.meta, async () => {
    const diverged = ((await readMeta(db, 'diverged')) ?? 0) + differing.length;
    await writeMeta(db, { digestedAt: now, ...(differing.length > 0 && { reload: differing, diverged }) });
  });
  if (differing.length > 0) console.warn('the copy differs from the server’s and is fetched anew', differing);
  return differing.length > 0;
}
