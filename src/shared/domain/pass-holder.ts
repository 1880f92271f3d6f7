import type { Pass } from './entities';

/** Whether a device with this key (null: none yet) can show the pass: bound to the key, or to none. */
export function canShow(key: string | null, pass: Pick<Pass, 'holderKey'>): boolean {
  return pass.holderKey === null || pass.holderKey === key;
}
