import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6Groups, neighbourOf } from '../../protocol/address.ts';

describe('an IPv6 address', () => {
  it.each([
    ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['2001:db8::7:0:9', [0x2001, 0xdb8, 0, 0, 0, 7, 0, 9]],
    ['1:2:3:4:5:6:7:8', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['::ffff:10.1.2.3', [0, 0, 0, 0, 0, 0xffff, 0x0a01, 0x0203]],
    ['fe80::1%eth0', [0xfe80, 0, 0, 0, 0, 0, 0, 1]],
  ])('%s is eight groups', (address, groups) => {
    expect(ipv6Groups(address)).toEqual(groups);
  });

  it('of any kind is read back', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const groups = ipv6Groups(address);
        expect(groups).toHaveLength(8);
        const plain = groups.map((group) => group.toString(16)).join(':');
        expect(ipv6Groups(plain)).toEqual(groups);
      }),
    );
  });
});

describe('a neighbour', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    [undefined, 'unknown'],
    ['nonsense', 'unknown'],
  ])('with the address %s is %s', (address, neighbour) => {
    expect(neighbourOf(address)).toBe(neighbour);
  });
});
