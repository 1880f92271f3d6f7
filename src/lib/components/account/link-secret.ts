/**
 * The secret in the fragment of a link that came by mail; null without one. A fragment goes to no server, and so into no log
 * on the way.
 */
export function linkSecret(hash: string): string | null {
  const secret = hash.startsWith('#') ? hash.slice(1) : hash;
  return /^[a-z2-7]{1,200}$/.test(secret) ? secret : null;
}
