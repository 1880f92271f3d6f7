import { fromBase64url } from '#shared/pass/base64url';

/** The bytes of a pass row's `signed`, as rows carry it; throws for what no server of ours sends. */
export function signedBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64url(text);
  if (!bytes) throw new TypeError('a signed pass that is not base64url');
  return bytes;
}
