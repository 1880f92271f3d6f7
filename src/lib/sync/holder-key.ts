import { compressed, parsePoint } from '#shared/pass/p256';
import { readMeta, writeMeta, type DeviceDatabase, type HolderKeyRow } from '$lib/client-db/database';
import { enqueue } from './outbox';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** X1: the key that proves this device holds a pass, made at the first call; it cannot leave the device. */
export async function ensureHolderKey(db: DeviceDatabase, subtle: SubtleCrypto): Promise<HolderKeyRow> {
  const known = await db.keys.get('holder');
  if (known) return known;
  // Outside the transaction: IndexedDB would end it while WebCrypto works.
  const pair = await subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const point = parsePoint(new Uint8Array(await subtle.exportKey('raw', pair.publicKey)));
  if (!point) throw new Error('WebCrypto made a key that is not on P-256');
  const made: HolderKeyRow = { name: 'holder', pair, publicKey: base64url(compressed(point)) };
  return db.transaction('rw', db.keys, async () => {
    // Another tab may have been quicker.
    const meanwhile = await db.keys.get('holder');
    if (meanwhile) return meanwhile;
    await db.keys.add(made);
    return made;
  });
}

/**
 * Queues the unnamed pass.bind for this client and key, once; again when either has changed. True when it queued one.
 */
export function ensureBinding(
  db: DeviceDatabase,
  publicKey: string,
  { newId, now }: { newId: () => string; now: number },
): Promise<boolean> {
  return db.transaction('rw', db.outbox, db.meta, async () => {
    const clientId = await readMeta(db, 'clientId');
    const boundKey = `${String(clientId)}:${publicKey}`;
    if (clientId === undefined || (await readMeta(db, 'boundKey')) === boundKey) return false;
    const intent = { op: 'pass.bind@1', args: { holderKey: publicKey, reservationId: null } } as const;
    await enqueue(db, { intent, id: newId(), deviceTime: now, expiresAt: null });
    await writeMeta(db, { boundKey });
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

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
