import type { Row } from '#shared/protocol/rows';
import type { OutboxView } from './views';

const DAY = 86_400_000;
/** A device that was removed is listed for this long, milliseconds: long enough to see that it is done. */
const REMOVED_LISTED_FOR = 30 * DAY;

/** B5: a device that holds this member's passes, or did. */
export interface DeviceView {
  readonly clientId: string;
  /** The device that this runs on. */
  readonly here: boolean;
  /** When it last registered its key, ms since 1970; 0 when the server has not said. */
  readonly since: number;
  /** Valid passes it holds that have not ended. */
  readonly passCount: number;
  readonly removedAt: number | null;
  /** The wish to remove it, while it waits or was refused; null otherwise. */
  readonly removal: OutboxView | null;
}

/**
 * The member's devices, by their keys: this one first, then the newest. A device that had to count anew has several rows
 * with one key and is listed once, under the latest; `now` is ms since 1970.
 */
export function deviceViews(
  rows: {
    readonly keys: readonly Row<'holder_key'>[];
    readonly passes: readonly Row<'pass'>[];
    readonly outbox: readonly OutboxView[];
  },
  own: { readonly clientId: string; readonly holderKey: string | null },
  now: number,
): DeviceView[] {
  const latest = new Map<string, Row<'holder_key'>>();
  for (const row of rows.keys) {
    const known = latest.get(row.key);
    if (!known || known.boundAt < row.boundAt) latest.set(row.key, row);
  }
  const removals = rows.outbox.filter(({ op }) => op === 'device.revoke@1');
  return [...latest.values()]
    .filter(({ revokedAt }) => revokedAt === null || now - revokedAt < REMOVED_LISTED_FOR)
    .map((row) => ({
      clientId: row.id,
      here: row.id === own.clientId || row.key === own.holderKey,
      since: row.boundAt,
      passCount: rows.passes.filter(
        (pass) => pass.holderKey === row.key && pass.status === 'valid' && pass.expiresAt > now,
      ).length,
      removedAt: row.revokedAt,
      removal: removals.find(({ args }) => args['clientId'] === row.id) ?? null,
    }))
    .toSorted(
      (a, b) =>
        Number(b.here) - Number(a.here) ||
        Number(a.removedAt !== null) - Number(b.removedAt !== null) ||
        b.since - a.since,
    );
}

/** B5: when this device was given up by its member, ms since 1970; null for one in good standing. */
export function removedAt(
  keys: readonly Row<'holder_key'>[],
  own: { readonly clientId: string; readonly holderKey: string | null },
): number | null {
  const row = keys.find(
    ({ id, key, revokedAt }) => revokedAt !== null && (id === own.clientId || key === own.holderKey),
  );
  return row?.revokedAt ?? null;
}
