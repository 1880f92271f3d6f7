import { isIPv4, isIPv6 } from 'node:net';

/**
 * Roughly where an address is, for a person to recognise and for the log to keep: the /24 of an IPv4 address, the /48 of an
 * IPv6 one. Empty for what is no address. Never the address itself: that would be personal data kept for no need.
 */
export function placeOf(address: string): string {
  if (address === '') return '';
  const network = networkOf(address);
  if (isIPv4(network)) return `${network.split('.').slice(0, 3).join('.')}.0/24`;
  const groups = network.replace(/::\/64$/, '').split(':');
  return isIPv6(`${groups.join(':')}::`) ? `${groups.slice(0, 3).join(':')}::/48` : '';
}

/** What stands for one household: an IPv4 address, or the /64 of an IPv6 one, within which anybody may pick addresses. */
export function networkOf(address: string): string {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(bare)) return bare.slice(0, 64);
  const [head = '', tail] = bare.split('::');
  const groups = head === '' ? [] : head.split(':');
  const tailLength = tail ? tail.split(':').length : 0;
  const filled =
    tail === undefined ? groups : [...groups, ...Array<string>(8 - groups.length - tailLength).fill('0')];
  const all = tail ? [...filled, ...tail.split(':')] : filled;
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
