import { toBase64url } from '#shared/pass/base64url';
import type { DeviceDatabase } from '$lib/client-db/database';
import type { FillRandom } from './device-ids';

/** The secret of a visitor pass's link, and what the server is told of it. */
export interface LinkSecret {
  /** 32 random bytes as base64url: nobody guesses it. */
  readonly token: string;
  /** base64url of its SHA-256. */
  readonly hash: string;
}

/** D2: makes the secret of a link on this device; the server never has it. */
export async function makeLinkSecret(subtle: SubtleCrypto, fillRandom: FillRandom): Promise<LinkSecret> {
  const bytes = new Uint8Array(32);
  fillRandom(bytes);
  return { token: toBase64url(bytes), hash: await hashOfLink(subtle, bytes) };
}

/**
 * Keeps the secret for sharing the link again, beside the one in force, whose hash is `inForce` (null without one): the
 * server may refuse the new link, and the old one is then still good.
 */
export function keepLink(
  db: DeviceDatabase,
  visitorPassId: string,
  { secret, inForce }: { secret: LinkSecret; inForce: string | null },
): Promise<void> {
  return db.transaction('rw', db.links, async () => {
    const kept = (await db.links.get(visitorPassId))?.secrets ?? [];
    const old = kept.filter(({ hash }) => hash === inForce);
    await db.links.put({ visitorPassId, secrets: [secret, ...old] });
  });
}

/**
 * The secret with this hash (base64url of its SHA-256) of a visitor pass's link; null when it was made on another device,
 * which may also have replaced the one that is kept here.
 */
export async function linkOf(
  db: DeviceDatabase,
  { visitorPassId, linkHash }: { visitorPassId: string; linkHash: string },
): Promise<string | null> {
  const row = await db.links.get(visitorPassId);
  return row?.secrets.find(({ hash }) => hash === linkHash)?.token ?? null;
}

/** base64url of the SHA-256 of a link's secret: what the server has of it. */
export async function hashOfLink(subtle: SubtleCrypto, secret: Uint8Array<ArrayBuffer>): Promise<string> {
  return toBase64url(new Uint8Array(await subtle.digest('SHA-256', secret)));
}
