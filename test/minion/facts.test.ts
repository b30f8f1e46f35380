import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { addressTowards, globalAddresses, machineFacts } from '../../minion/facts.ts';

const at = (address: string, internal = false): NetworkInterfaceInfo =>
  ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo;

describe('the addresses of a host', () => {
  it('are those by which others reach it, IPv4 first', () => {
    const interfaces = {
      lo: [at('127.0.0.1', true)],
      eth0: [at('fe80::1'), at('2001:db8::7'), at('10.0.0.7')],
      docker0: [at('172.17.0.1')],
      'br-0a1b2c': [at('172.18.0.1')],
      veth12: [at('fe80::2')],
      wlan0: [at('169.254.3.4'), at('192.168.1.7')],
    };
    expect(globalAddresses(interfaces)).toEqual(['10.0.0.7', '192.168.1.7', '2001:db8::7']);
  });

  it('include the one towards the master, without a word to it', async () => {
    expect(await addressTowards('wss://127.0.0.1:4505')).toBe('127.0.0.1');
    expect(await addressTowards('wss://[::1]:4505')).toMatch(/^::1$|^undefined$/);
    expect(await addressTowards('wss://no.such.host.invalid:4505')).toBeUndefined();
  });
});

describe('the facts of a host', () => {
  it('are plain words and numbers that a selector can compare', async () => {
    const facts = await machineFacts('web-1', 'wss://127.0.0.1:4505');
    expect(facts).toMatchObject({ id: 'web-1', address: '127.0.0.1', os: process.platform });
    expect(facts.cpus).toBeGreaterThan(0);
    expect(facts.memoryBytes).toBeGreaterThan(1_000_000);
    expect(facts.diskBytes).toBeGreaterThan(1_000_000);
    expect(Object.keys(facts).sort()).toEqual([
      ...['address', 'addresses', 'architecture', 'cpus', 'diskBytes', 'distribution'],
      ...['hostname', 'id', 'kernel', 'memoryBytes', 'os'],
    ]);
  });
});
