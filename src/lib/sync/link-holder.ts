import type { LinkDatabase, LinkKeyRow } from '$lib/client-db/link-database';
import { makeDeviceKey } from './device-key';

/** The key of the links' holder, made at the first call; it cannot leave the phone. One for all its links. */
export async function ensureLinkKey(db: LinkDatabase, subtle: SubtleCrypto): Promise<LinkKeyRow> {
  const known = await db.keys.get('holder');
  if (known) return known;
  const made: LinkKeyRow = { name: 'holder', ...(await makeDeviceKey(subtle)), counter: 0 };
  return db.transaction('rw', db.keys, async () => {
    // Another tab may have been quicker.
    const meanwhile = await db.keys.get('holder');
    if (!meanwhile) await db.keys.add(made);
    return meanwhile ?? made;
  });
}

/** The `ctr` for the next redraw: higher than any this phone has shown, also after a restart. */
export function nextLinkCounter(db: LinkDatabase): Promise<number> {
  return db.transaction('rw', db.keys, async () => {
    const key = await db.keys.get('holder');
    if (!key) throw new Error('this phone has no key for links');
    await db.keys.put({ ...key, counter: key.counter + 1 });
    return key.counter + 1;
  });
}
