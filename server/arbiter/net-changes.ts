import type { HolderKey, Movement, Pass, Reservation, Scan, Slot } from '#shared/domain/entities';
import type { Change } from '#shared/domain/state';

/** What a batch writes at one site: of every row its last form, movements as they came. */
export class NetChanges {
  readonly slots = new Map<string, Slot>();
  readonly reservations = new Map<string, Reservation>();
  readonly holderKeys = new Map<string, HolderKey>();
  readonly passes = new Map<string, Pass>();
  readonly scans = new Map<string, Scan>();
  readonly movements: Movement[] = [];

  add(changes: readonly Change[]): void {
    for (const change of changes) {
      switch (change.table) {
        case 'slots':
          this.slots.set(change.row.id, change.row);
          break;
        case 'reservations':
          this.reservations.set(change.row.id, change.row);
          break;
        case 'holderKeys':
          this.holderKeys.set(change.row.clientId, change.row);
          break;
        case 'passes':
          this.passes.set(change.row.id, change.row);
          break;
        case 'scans':
          this.scans.set(change.row.id, change.row);
          break;
        case 'movements':
          this.movements.push(change.row);
          break;
      }
    }
  }
}

/** The rows of one kind from all sites, each with its site. */
export function rowsOf<R>(
  nets: ReadonlyMap<string, NetChanges>,
  pick: (net: NetChanges) => Iterable<R>,
): { siteId: string; row: R }[] {
  return [...nets].flatMap(([siteId, net]) => [...pick(net)].map((row) => ({ siteId, row })));
}
