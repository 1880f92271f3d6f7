/** Whether a network as the server writes it (`10.0.3.0/24`, `fd00:1:2::/48`) is local: RFC 1918, loopback, link-local, unique local. */
export function isLocalPlace(place: string): boolean {
  return /^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|f[cd]|fe[89ab]|0:0:0::)/.test(place);
}
