// Published ports: `[address:]host:container[/protocol]`, and when two of them are the same one.

import type { PortBinding } from './model.ts';
import { quoted, right, wrong, type Parsed } from './parsed.ts';

const everywhere = '0.0.0.0';
const hint = 'write host:container, like 8080:80, 127.0.0.1:8080:80 or 53:53/udp';

/** `8080:80`, `127.0.0.1:8080:80`, `[::1]:8080:80`, each with `/tcp` or `/udp` where it is asked for. */
export function parsePort(text: string): Parsed<PortBinding> {
  const [, main = '', protocol = 'tcp'] = /^([^/]*)(?:\/(.*))?$/s.exec(text) ?? [];
  if (protocol !== 'tcp' && protocol !== 'udp') {
    return wrong(`${quoted(text)} has an unknown protocol, ${quoted(protocol)}`, 'tcp or udp');
  }
  const [, front, tail = main] = /^(\[[^\]]*\]|[^:]*):(.*:.*)$/.exec(main) ?? [];
  const [host, container, ...more] = tail.split(':');
  if (host === undefined || more.length > 0) return wrong(`${quoted(text)} is not a port`, hint);
  if (container === undefined) return withoutHost(text, host);
  const address = front === undefined ? everywhere : parseAddress(front);
  if (address === undefined) {
    return wrong(`${quoted(text)} does not begin with an IP address`, hint);
  }
  const wrongPort = [host, container].map(portProblem).find((problem) => problem !== undefined);
  if (wrongPort !== undefined) return wrong(`${quoted(text)} ${wrongPort.problem}`, wrongPort.hint);
  return right({
    address,
    host: Number(host),
    container: Number(container),
    protocol,
  });
}

function withoutHost(text: string, port: string): Parsed<never> {
  if (portProblem(port) !== undefined) return wrong(`${quoted(text)} is not a port`, hint);
  return wrong(
    `${quoted(text)} names no port of the host`,
    `write host:container, like ${port}:${port}`,
  );
}

function portProblem(raw: string): { readonly problem: string; readonly hint: string } | undefined {
  if (/^\d+-\d+$/.test(raw)) {
    return { problem: 'has a range of ports', hint: 'list each port by itself' };
  }
  if (!/^\d{1,6}$/.test(raw)) return { problem: `has no port number in ${quoted(raw)}`, hint };
  const port = Number(raw);
  return port >= 1 && port <= 65_535
    ? undefined
    : { problem: `has a port that there is not, ${raw}`, hint: 'ports go from 1 to 65535' };
}

/** As the Engine writes it, without brackets; undefined where it is not an IP address. */
function parseAddress(raw: string): string | undefined {
  if (raw.startsWith('[')) {
    return URL.parse(`http://${raw}`)?.hostname.replace(/^\[|\]$/g, '');
  }
  const bytes = raw.split('.');
  const valid = bytes.length === 4 && bytes.every((b) => /^(0|[1-9]\d{0,2})$/.test(b) && +b <= 255);
  return valid ? raw : undefined;
}

/** `8080:80`, with the address where it is not every one, and the protocol where it is not TCP. */
export function portText({ address, host, container, protocol }: PortBinding): string {
  const shown = address.includes(':') ? `[${address}]:` : `${address}:`;
  const suffix = protocol === 'tcp' ? '' : `/${protocol}`;
  return `${address === everywhere ? '' : shown}${host}:${container}${suffix}`;
}

/** A port on the host's side. */
export interface HostSide {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

export const hostSide = ({ address, host, protocol }: PortBinding): HostSide => ({
  address,
  port: host,
  protocol,
});

/** Whether one host cannot give both. `::` is held to take the IPv4 side too, as Linux does. */
export function portsClash(one: HostSide, other: HostSide): boolean {
  if (one.port !== other.port || one.protocol !== other.protocol) return false;
  return (
    one.address === other.address ||
    covers(one.address, other.address) ||
    covers(other.address, one.address)
  );
}

const covers = (wide: string, narrow: string): boolean =>
  wide === '' || wide === '::' || (wide === everywhere && !narrow.includes(':'));
