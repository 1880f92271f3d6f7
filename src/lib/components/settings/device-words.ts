import type { DeviceView } from '$lib/state/device-views';
import type { TimeFormat } from '../time/format';

/** What a device is called in the list: nobody has named it, so by what is known of it. */
export function deviceTitle({ here }: Pick<DeviceView, 'here'>): string {
  return here ? 'This device' : 'Another device';
}

/** `2 passes · since 3 Nov 2026, 14:05`; `Removed 3 Nov 2026, 14:05`. */
export function deviceDetail(
  { since, passCount, removedAt }: Pick<DeviceView, 'since' | 'passCount' | 'removedAt'>,
  format: Pick<TimeFormat, 'record'>,
): string {
  if (removedAt !== null) return `Removed ${format.record(removedAt)}`;
  const passes = passCount === 0 ? 'No pass' : passCount === 1 ? '1 pass' : `${passCount} passes`;
  return since === 0 ? passes : `${passes} · since ${format.record(since)}`;
}
