import type { IssuerKey } from '#shared/pass/key-bundle';
import { openKeyBundle, type TrustedKeys } from '#shared/pass/signed-bundle';
import type { SubtleVerify } from '#shared/pass/web-crypto';

/** Where a device remembers the keys it trusts; of the member's own database, so that signing out forgets them. */
export interface KeyPins {
  read(): Promise<TrustedKeys | null>;
  write(keys: TrustedKeys): Promise<void>;
}

/**
 * Why this device does not use the keys that the server sent, but those it had: nobody whom it trusts vouches for them, or
 * they cannot be read.
 */
export type KeyProblem = 'untrusted_bundle' | 'unreadable_bundle';

export interface KeyTrust {
  /** The keys to check by; null when the server sent no bundle and none was ever accepted. */
  readonly keys: readonly IssuerKey[] | null;
  readonly problem: KeyProblem | null;
}

/**
 * D3: which keys a guard's device checks passes by. The first bundle is taken as it comes: it came over TLS, in a session of
 * the site. From then on one has to be signed by a key that is trusted already, so that a server that was taken over cannot
 * make passes for gates that have met the right one. Only when all those keys are over is it a first contact again.
 * `now` in seconds since 1970.
 */
export async function trustKeys(
  tools: { subtle: SubtleVerify; site: string; now: number; pins: KeyPins },
  signed: Uint8Array | null,
): Promise<KeyTrust> {
  const pinned = await tools.pins.read();
  const had = pinned?.keys ?? null;
  if (!signed) return { keys: had, problem: null };
  const isOver = pinned !== null && pinned.keys.every((key) => key.until <= tools.now);
  const trusted = isOver ? null : had;
  const opened = await openKeyBundle(
    { subtle: tools.subtle, site: tools.site, issued: trusted && pinned ? pinned.issued : null },
    signed,
    trusted,
  );
  if (opened.kind === 'open') {
    if (opened.bundle.issued !== pinned?.issued) await tools.pins.write(opened.bundle);
    return { keys: opened.bundle.keys, problem: null };
  }
  switch (opened.why) {
    case 'older':
      // What was accepted before says more.
      return { keys: had, problem: null };
    case 'malformed':
      return { keys: had, problem: 'unreadable_bundle' };
    case 'untrusted':
    case 'other_site':
      return { keys: had, problem: 'untrusted_bundle' };
  }
}
