// Where the Docker Engine is: DOCKER_HOST and the TLS variables beside it, read as Docker's own
// client reads them.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fault } from '../../states/faults.ts';

interface TlsFiles {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export type DockerHost =
  | { readonly kind: 'unix'; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly tls: TlsFiles | undefined;
    };

const defaultSocket = '/var/run/docker.sock';
const plainPort = 2375;
const tlsPort = 2376;

type Environment = Readonly<Record<string, string | undefined>>;

/** BAD_USAGE where it is nothing that we can speak to, or a TLS file cannot be read. */
export function parseDockerHost(value: string | undefined, env: Environment): DockerHost {
  if (value === undefined || value === '') return { kind: 'unix', path: defaultSocket };
  const [scheme = '', rest] = value.includes('://') ? split(value) : ['tcp', value];
  if (scheme === 'unix') return { kind: 'unix', path: rest === '' ? defaultSocket : rest };
  if (scheme !== 'tcp' && scheme !== 'http' && scheme !== 'https') {
    throw refused(value, `${scheme}:// is none of unix:// and tcp://`);
  }
  const tls = scheme === 'https' || (env.DOCKER_TLS_VERIFY ?? '') !== '';
  const { host, port } = address(value, rest);
  return {
    kind: 'tcp',
    host,
    port: port ?? (tls ? tlsPort : plainPort),
    tls: tls ? tlsFiles(env) : undefined,
  };
}

export const dockerHostText = (host: DockerHost): string =>
  host.kind === 'unix'
    ? `unix://${host.path}`
    : `tcp://${host.host.includes(':') ? `[${host.host}]` : host.host}:${host.port}`;

const split = (value: string): [string, string] => {
  const at = value.indexOf('://');
  return [value.slice(0, at).toLowerCase(), value.slice(at + 3)];
};

function address(value: string, rest: string): { host: string; port: number | undefined } {
  const parsed = URL.parse(`tcp://${rest}`);
  if (parsed === null || parsed.hostname === '') {
    throw refused(value, 'it names no host and port');
  }
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: parsed.port === '' ? undefined : Number(parsed.port) };
}

function tlsFiles(env: Environment): TlsFiles {
  const given = env.DOCKER_CERT_PATH ?? '';
  const dir = given === '' ? join(homedir(), '.docker') : given;
  const read = (name: string): Buffer => {
    try {
      return readFileSync(join(dir, name));
    } catch (error) {
      const message = `cannot read ${join(dir, name)}, which DOCKER_TLS_VERIFY asks for`;
      throw fault('BAD_USAGE', message, {}, { cause: error });
    }
  };
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}

const refused = (value: string, why: string): Error =>
  fault('BAD_USAGE', `DOCKER_HOST cannot be ${JSON.stringify(value)}: ${why}`);
