/** The bytes of a pass row's `signed`: base64url without padding (RFC 4648 §5), as rows carry it. */
export function signedBytes(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
