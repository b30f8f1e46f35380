// An address to listen at or to be reached at: `host:port`, `[::1]:port`.

import { isIP } from 'node:net';
import { fault } from '../states/faults.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export function parseEndpoint(raw: string): Endpoint {
  const [, bracketed, plain, port] =
    /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/i.exec(raw) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) <= 65_535 && isHost(host, bracketed !== undefined)) {
    return { host, port: Number(port) };
  }
  throw fault('BAD_USAGE', `not host:port: ${JSON.stringify(raw)}`);
}

export const endpointText = ({ host, port }: Endpoint): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Stands for every address of this machine; nobody can be told to connect to it. */
export const isEverywhere = (host: string): boolean => host === '0.0.0.0' || host === '::';

const namePattern =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;

const isHost = (host: string, bracketed: boolean): boolean =>
  bracketed ? isIP(host) === 6 : isIP(host) === 4 || namePattern.test(host);
