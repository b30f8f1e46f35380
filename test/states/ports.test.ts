import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PortBinding } from '../../states/model.ts';
import { hostSide, parsePort, portsClash, portText } from '../../states/ports.ts';

const binding = (more: Partial<PortBinding>): PortBinding => ({
  address: '0.0.0.0',
  host: 8080,
  container: 80,
  protocol: 'tcp',
  ...more,
});

describe('a published port', () => {
  it.each([
    ['8080:80', binding({})],
    ['8080:80/tcp', binding({})],
    ['8080:80/udp', binding({ protocol: 'udp' })],
    ['127.0.0.1:8080:80', binding({ address: '127.0.0.1' })],
    ['[::1]:8080:80/udp', binding({ address: '::1', protocol: 'udp' })],
    ['[0:0:0:0:0:0:0:1]:8080:80', binding({ address: '::1' })],
    ['1:65535', binding({ host: 1, container: 65_535 })],
  ])('%s is read', (text, value) => {
    expect(parsePort(text)).toEqual({ ok: true, value });
  });

  const how = 'write host:container, like 8080:80, 127.0.0.1:8080:80 or 53:53/udp';
  it.each([
    ['80', '"80" names no port of the host', 'write host:container, like 80:80'],
    ['80/udp', '"80/udp" names no port of the host', 'write host:container, like 80:80'],
    ['', '"" is not a port', how],
    ['http', '"http" is not a port', how],
    ['8080:80/sctp', '"8080:80/sctp" has an unknown protocol, "sctp"', 'tcp or udp'],
    ['8080:80/', '"8080:80/" has an unknown protocol, ""', 'tcp or udp'],
    ['8080:', '"8080:" has no port number in ""', how],
    [':80', '":80" has no port number in ""', how],
    ['8080:http', '"8080:http" has no port number in "http"', how],
    ['8080: 80', '"8080: 80" has no port number in " 80"', how],
    ['0:80', '"0:80" has a port that there is not, 0', 'ports go from 1 to 65535'],
    ['70000:80', '"70000:80" has a port that there is not, 70000', 'ports go from 1 to 65535'],
    [
      '8000-8010:9000-9001',
      '"8000-8010:9000-9001" has 11 ports of the host for 2 of the container',
      'write ranges of the same length, like 8000-8010:9000-9010',
    ],
    [
      '8010-8000:80',
      '"8010-8000:80" has a range that ends before it begins',
      'write ranges of the same length, like 8000-8010:9000-9010',
    ],
    [
      '1-2000:1-2000',
      '"1-2000:1-2000" has a range of more than 1000 ports',
      'write ranges of the same length, like 8000-8010:9000-9010',
    ],
    ['localhost:8080:80', '"localhost:8080:80" does not begin with an IP address', how],
    ['1.2.3:8080:80', '"1.2.3:8080:80" does not begin with an IP address', how],
    ['1.2.3.256:8080:80', '"1.2.3.256:8080:80" does not begin with an IP address', how],
    ['[nothing]:8080:80', '"[nothing]:8080:80" does not begin with an IP address', how],
    ['::1:8080:80', '"::1:8080:80" is not a port', how],
    ['1:2:3:4', '"1:2:3:4" is not a port', how],
  ])('%s is none', (text, problem, hint) => {
    expect(parsePort(text)).toEqual({ ok: false, problem, hint });
  });

  const port = fc.integer({ min: 1, max: 65_535 });
  const anyBinding = fc.record({
    address: fc.oneof(fc.ipV4(), fc.constantFrom('::1', '0.0.0.0', 'fe80::1')),
    host: port,
    container: port,
    protocol: fc.constantFrom('tcp', 'udp'),
  });

  it('is read as it is written', () => {
    fc.assert(
      fc.property(anyBinding, (value) => {
        expect(parsePort(portText(value))).toEqual({ ok: true, value });
      }),
    );
  });

  it('never makes its parser throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parsePort(text)));
  });
});

describe('two ports of one host', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0', true],
    ['0.0.0.0', '10.0.0.1', true],
    ['', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['0.0.0.0', '::1', false],
    ['::', '::1', true],
    ['::', '10.0.0.1', true],
    ['::', '0.0.0.0', true],
    ['::1', '::2', false],
  ])('at %s and %s clash: %s', (one, other, clash) => {
    const [a, b] = [one, other].map((address) => hostSide(binding({ address })));
    if (a === undefined || b === undefined) throw new Error('two');
    expect(portsClash(a, b)).toBe(clash);
    expect(portsClash(b, a)).toBe(clash);
  });

  it('live side by side with other numbers or protocols', () => {
    const one = hostSide(binding({}));
    expect(portsClash(one, hostSide(binding({ host: 8081 })))).toBe(false);
    expect(portsClash(one, hostSide(binding({ protocol: 'udp' })))).toBe(false);
    expect(portsClash(one, hostSide(binding({ container: 81 })))).toBe(true);
  });
});
