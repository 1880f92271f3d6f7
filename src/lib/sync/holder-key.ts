import {
  readMeta,
  writeMeta,
  type DeviceDatabase,
  type HolderKeyRow,
  type StoredRow,
} from '$lib/client-db/database';
import type { Row } from '#shared/protocol/rows';
import { enqueue } from './outbox';
import { isUndecided, isUnnamedBind } from './wish-status';

/** X1: the key that proves this device holds a pass, made at the first call; it cannot leave the device. */
export async function ensureHolderKey(db: DeviceDatabase, subtle: SubtleCrypto): Promise<HolderKeyRow> {
  const known = await db.keys.get('holder');
  if (known?.name === 'holder') return known;
  const { makeDeviceKey } = await import('./device-key');
  const made: HolderKeyRow = { name: 'holder', ...(await makeDeviceKey(subtle)) };
  return db.transaction('rw', db.keys, async () => {
    // Another tab may have been quicker.
    const meanwhile = await db.keys.get('holder');
    if (meanwhile?.name === 'holder') return meanwhile;
    await db.keys.add(made);
    return made;
  });
}

/** Whether it is a pass that no device holds: one that came static, since the key was late or its device was removed. */
export function isUnboundPass({ entity, row }: StoredRow): boolean {
  if (entity !== 'pass') return false;
  const { holderKey, status } = row as Row<'pass'>;
  return holderKey === null && status === 'valid';
}

/**
 * Queues the unnamed pass.bind for this client and key, once; again when either has changed, and once for every pass that
 * came unbound since. What stays unbound then has let somebody in. True when it queued one.
 */
export function ensureBinding(
  db: DeviceDatabase,
  publicKey: string,
  { newId, now }: { newId: () => string; now: number },
): Promise<boolean> {
  return db.transaction('rw', db.outbox, db.meta, db.rows, async () => {
    const clientId = await readMeta(db, 'clientId');
    if (clientId === undefined) return false;
    const boundKey = `${clientId}:${publicKey}`;
    const passes = await db.rows.where('[entity+id]').between(['pass', ''], ['pass', '\uffff']).toArray();
    const unbound = passes.filter(isUnboundPass).map(({ id }) => id);
    const asked = new Set(await readMeta(db, 'boundPasses'));
    const isBound = (await readMeta(db, 'boundKey')) === boundKey;
    if (isBound && unbound.every((id) => asked.has(id))) return false;
    await writeMeta(db, { boundKey, boundPasses: unbound });
    const isWaiting = (await db.outbox.toArray()).some((row) => isUnnamedBind(row) && isUndecided(row));
    if (isBound && isWaiting) return false;
    const intent = { op: 'pass.bind@1', args: { holderKey: publicKey, reservationId: null } } as const;
    await enqueue(db, { intent, id: newId(), deviceTime: now, expiresAt: null });
    return true;
  });
}

/** ES256 by the holder key over `bytes`: 64 bytes r‖s. */
export async function signWithKey(
  subtle: SubtleCrypto,
  { pair }: HolderKeyRow,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes));
}

/** The `ctr` for the next redraw of a live pass: higher than any this device has shown, also after a restart. */
export function nextShowCounter(db: DeviceDatabase): Promise<number> {
  return db.transaction('rw', db.meta, async () => {
    const showCounter = ((await readMeta(db, 'showCounter')) ?? 0) + 1;
    await writeMeta(db, { showCounter });
    return showCounter;
  });
}
