import type { ServerResponse } from 'node:http';

const headers: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'permissions-policy': [
    'camera=(self)',
    'screen-wake-lock=(self)',
    'publickey-credentials-get=(self)',
    'publickey-credentials-create=(self)',
    ...[
      'accelerometer',
      'bluetooth',
      'browsing-topics',
      'display-capture',
      'geolocation',
      'gyroscope',
      'hid',
    ],
    ...['magnetometer', 'microphone', 'midi', 'payment', 'serial', 'usb'],
  ]
    .map((feature) => (feature.includes('=') ? feature : `${feature}=()`))
    .join(', '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  // A prerendered page carries its CSP in a meta element, where frame-ancestors does not count.
  'content-security-policy': "frame-ancestors 'none'",
  'x-frame-options': 'DENY',
};

/** Of an answer that is no page: opened as one, it may load and do nothing. */
const API_CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Two years, as browsers' preload lists want it; ASVS 3.4.1 wants a year and all names below. */
const HSTS = 'max-age=63072000; includeSubDomains';

/** What every response carries; a handler may replace one, such as the CSP of a page. */
export function setSecurityHeaders(response: ServerResponse, origin: string): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (origin.startsWith('https:')) response.setHeader('strict-transport-security', HSTS);
}

/** What a response of the API carries beside: nothing of it is kept anywhere. */
export function setApiHeaders(response: ServerResponse): void {
  response.setHeader('content-security-policy', API_CSP);
  response.setHeader('cache-control', 'no-store');
}
