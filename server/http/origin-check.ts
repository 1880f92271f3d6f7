import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a browser sent this request from a page of another origin (A8, CSRF). `Origin` decides where it is given:
 * it must be one of `origins` or have the request's own host (a phone on the same network uses the machine's address).
 * Else `Sec-Fetch-Site` decides. A request with neither comes from no browser that could be misled: every browser
 * sends one of them with a POST, and has for years (the rule of Go's net/http.CrossOriginProtection).
 */
export function isForeignRequest(headers: IncomingHttpHeaders, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin !== undefined) return !origins.includes(origin) && hostOf(origin) !== host?.toLowerCase();
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Undefined for what is no http origin, such as `null`. */
function hostOf(origin: string): string | undefined {
  if (!URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.host : undefined;
}
