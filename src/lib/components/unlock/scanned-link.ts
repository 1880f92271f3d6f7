import { UNLOCK_APPROVE_PATH } from '#shared/protocol/unlock';
import { readUnlockLink } from './approving-phone.svelte';

/** What a camera has read: a code of this app, one that asks at another address, or something else altogether. */
export type ScannedText =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'elsewhere'; readonly host: string }
  | { readonly kind: 'other' };

/** Reads the QR code of the other screen. `origin` is this app's: a copy of the page elsewhere shows another, or a link of ours. */
export function readScannedText(text: string, origin: string): ScannedText {
  if (!URL.canParse(text)) return { kind: 'other' };
  const url = new URL(text);
  const link = url.pathname === UNLOCK_APPROVE_PATH ? readUnlockLink(url.hash) : null;
  if (link === null || !('code' in link)) return { kind: 'other' };
  return url.origin === origin ? { kind: 'code', code: link.code } : { kind: 'elsewhere', host: url.host };
}

/** What to say to a code that leads nowhere here; null where it does. */
export function scannedWords(scanned: ScannedText): string | null {
  if (scanned.kind === 'code') return null;
  if (scanned.kind === 'other') return 'That is no code of a browser that wants to sign in.';
  return `That code is of ${scanned.host}, not of this app. Do not go on there.`;
}
