import type { ServerResponse } from 'node:http';

const headers: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'permissions-policy':
    'camera=(self), screen-wake-lock=(self), publickey-credentials-get=(self), publickey-credentials-create=(self), microphone=(), geolocation=(), payment=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // A prerendered page carries its CSP in a meta element, where frame-ancestors does not count.
  'content-security-policy': "frame-ancestors 'none'",
  'x-frame-options': 'DENY',
};

const HSTS = 'max-age=31536000';

/** What every response carries; a handler may replace one, such as the CSP of a page. */
export function setSecurityHeaders(response: ServerResponse, origin: string): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (origin.startsWith('https:')) response.setHeader('strict-transport-security', HSTS);
}
