// Addresses of the network in numbers: for certificates, and to tell one neighbour from another.

import { isIP } from 'node:net';

/** The eight groups of an IPv6 address. */
export function ipv6Groups(address: string): readonly number[] {
  const plain = address.split('%', 1)[0] ?? address;
  // A URL writes every form of an address in one way.
  const [head = '', tail] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => parseInt(group, 16));
  if (tail === undefined) return groups(head);
  const [first, last] = [groups(head), groups(tail)];
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

/** What one neighbour can choose from counts as one: an IPv4 address, a /64 of IPv6. */
export function neighbourOf(address: string | undefined): string {
  if (address === undefined || isIP(address) === 0) return 'unknown';
  if (isIP(address) === 4) return address;
  const groups = ipv6Groups(address);
  const [high = 0, low = 0] = groups.slice(6);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}
