// Published ports: `[address:]host:container[/protocol]`, and when two of them are the same one.

import type { PortBinding } from './model.ts';
import { quoted, right, wrong, type Parsed } from './parsed.ts';

/** A port of a state: one, a range onto as many of the container, or one for each instance. */
export interface PublishedPort extends PortBinding {
  /** The last, where a range of the host is written. */
  readonly hostEnd?: number;
  readonly containerEnd?: number;
}

/** What the instance of this number, from 1, has of it. */
export function bindingsOf(published: PublishedPort, slot: number): readonly PortBinding[] {
  const { hostEnd, containerEnd, ...first } = published;
  if (hostEnd === undefined) return [first];
  if (containerEnd === undefined) return [{ ...first, host: first.host + slot - 1 }];
  return Array.from({ length: hostEnd - first.host + 1 }, (_, index) => ({
    ...first,
    host: first.host + index,
    container: first.container + index,
  }));
}

const everywhere = '0.0.0.0';
const hint = 'write host:container, like 8080:80, 127.0.0.1:8080:80 or 53:53/udp';

/** `8080:80`, `8000-8010:9000-9010`, `127.0.0.1:8080:80`, `[::1]:8080:80`, each with `/tcp` or `/udp` where it is asked for. */
export function parsePort(text: string): Parsed<PublishedPort> {
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
  const [from = '', to] = host.split('-');
  const [inside = '', insideTo] = container.split('-');
  const problem = rangeProblem(host, container);
  if (problem !== undefined) return wrong(`${quoted(text)} ${problem}`, rangeHint);
  return right({
    address,
    host: Number(from),
    ...(to !== undefined && to !== from && { hostEnd: Number(to) }),
    container: Number(inside),
    ...(insideTo !== undefined && insideTo !== inside && { containerEnd: Number(insideTo) }),
    protocol,
  });
}

const rangeHint = 'write ranges of the same length, like 8000-8010:9000-9010';
const rangePortsMax = 1_000;

function rangeProblem(host: string, container: string): string | undefined {
  const [of, inside] = [host, container].map((range) => {
    const [first = '', last = first] = range.split('-');
    return Number(last) - Number(first) + 1;
  });
  if (of === undefined || inside === undefined) return undefined;
  if (of < 1 || inside < 1) return 'has a range that ends before it begins';
  if (of > rangePortsMax) return `has a range of more than ${rangePortsMax} ports`;
  if (inside > 1 && of !== inside)
    return `has ${of} ports of the host for ${inside} of the container`;
  return undefined;
}

function withoutHost(text: string, port: string): Parsed<never> {
  if (portProblem(port) !== undefined) return wrong(`${quoted(text)} is not a port`, hint);
  return wrong(
    `${quoted(text)} names no port of the host`,
    `write host:container, like ${port}:${port}`,
  );
}

function portProblem(raw: string): { readonly problem: string; readonly hint: string } | undefined {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(raw) ?? [];
  if (first !== undefined && last !== undefined) return portProblem(first) ?? portProblem(last);
  if (!/^\d{1,6}$/.test(raw)) return { problem: `has no port number in ${quoted(raw)}`, hint };
  const port = Number(raw);
  return port >= 1 && port <= 65_535
    ? undefined
    : { problem: `has a port that there is not, ${raw}`, hint: 'ports go from 1 to 65535' };
}

/** IPv4, or IPv6 without brackets. */
export const isAddress = (raw: string): boolean =>
  raw.includes(':')
    ? /^[\da-f:.]+$/i.test(raw) && parseAddress(`[${raw}]`) !== undefined
    : parseAddress(raw) !== undefined;

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
