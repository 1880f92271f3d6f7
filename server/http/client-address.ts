import type { IncomingMessage } from 'node:http';

/**
 * The client's IP address. Behind `trustedProxies` proxies each has appended whom it saw to X-Forwarded-For, so the
 * client stands that many from the end; what stands before it the client may have invented.
 */
export function addressOf(request: IncomingMessage, trustedProxies: number): string {
  const direct = request.socket.remoteAddress ?? '';
  if (trustedProxies === 0) return direct;
  const seen = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  return seen.at(-trustedProxies)?.trim() || direct;
}
