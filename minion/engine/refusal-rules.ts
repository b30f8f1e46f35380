// The sentences of the Docker Engine that mean something, and what. They were found with Docker 20.10;
// beside them stands what newer ones say instead. In each table the first that fits counts.

import type { FaultCode } from '../../states/faults.ts';

export interface Rule {
  readonly pattern: RegExp;
  readonly code: FaultCode;
  /** Our words; without them the Engine's own are used. */
  readonly say?: (match: RegExpExecArray) => string;
}

export const anywhere: readonly Rule[] = [
  {
    pattern: /no space left on device|disk quota exceeded/i,
    code: 'DISK_FULL',
    say: () => 'the disk with the data of Docker is full',
  },
  {
    pattern: /client version \S+ is too (?:old|new)\. M\w+ supported API version is \S+/i,
    code: 'DOCKER_VERSION',
  },
  {
    pattern: /network (\S+) (?:id \S+ )?has active endpoints/,
    code: 'DOCKER_ERROR',
    say: ([, name]) => `the network ${name} is still in use`,
  },
  {
    pattern: /network (\S+) not found/,
    code: 'DOCKER_ERROR',
    say: ([, name]) => `there is no network ${name}`,
  },
  {
    pattern: /non-overlapping IPv4 address pool|predefined address pools have been fully subnetted/,
    code: 'DOCKER_ERROR',
    say: () =>
      'Docker has no addresses left for one more network: remove networks that nothing uses, or give it more under `default-address-pools` in its daemon.json',
  },
  {
    pattern: /containerd\.sock|transport is closing|grpc: the client connection is closing/i,
    code: 'DOCKER_DOWN',
    say: () => 'the Docker Engine has lost its containerd',
  },
];

export const containers: readonly Rule[] = [
  {
    pattern: /Bind for (\S+) failed: port is already allocated/,
    code: 'PORT_TAKEN',
    say: ([, port]) => `port ${port} of this host is taken by another container`,
  },
  {
    pattern: /listen (?:tcp|udp)[46]? (\S+): bind: address already in use/,
    code: 'PORT_TAKEN',
    say: ([, port]) => `port ${port} of this host is taken by a program outside Docker`,
  },
  {
    // Docker 27 and newer: `failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: …`.
    pattern:
      /failed to bind host port(?: for)? (\[[^\]]*\]:\d+|[^\s:]+:\d+)\S*: address already in use/,
    code: 'PORT_TAKEN',
    say: ([, port]) => `port ${port} of this host is taken`,
  },
  {
    pattern:
      /(?:listen \w+ |host port(?: for)? )(\S+?):\d+\S*: (?:bind: )?cannot assign requested address/,
    code: 'CONTAINER_OPTION',
    say: ([, address]) => `ports: ${address} is not an address of this host`,
  },
  {
    pattern: /The container name "\/?([^"]+)" is already in use by container "?([0-9a-f]{12})?/,
    code: 'NAME_TAKEN',
    say: ([, name, id]) => `the name ${name} is taken by container ${id ?? 'of another id'}`,
  },
  {
    pattern: /No such image: (\S+)/i,
    code: 'IMAGE_NOT_FOUND',
    say: ([, image]) => `there is no image ${image} on this host`,
  },
  {
    pattern: /exec: \\?"([^"\\]*)\\?": (.*?)(?:: unknown)?$/,
    code: 'CONTAINER_COMMAND',
    say: ([, command, why]) => `the command "${command}" cannot be started: ${why}`,
  },
  {
    pattern: /exec \S+: exec format error|exec format error/,
    code: 'CONTAINER_COMMAND',
    say: () => 'the command cannot be started: it is made for another kind of machine',
  },
  {
    pattern: /No command specified/i,
    code: 'CONTAINER_COMMAND',
    say: () => 'neither the state nor the image names a command',
  },
  {
    pattern: /unable to find (user|group) (\S+): no matching entries/,
    code: 'CONTAINER_OPTION',
    say: ([, kind, name]) => `user: the image knows no ${kind} ${name}`,
  },
  {
    pattern: /bind source path does not exist: (.+)$/,
    code: 'CONTAINER_OPTION',
    say: ([, path]) => `volumes: ${path} does not exist on this host`,
  },
  {
    pattern: /error mounting "([^"]+)" to rootfs at "([^"]+)"/,
    code: 'CONTAINER_OPTION',
    say: ([, from, to]) =>
      `volumes: ${from} cannot be mounted at ${to}: one is a directory, the other is a file`,
  },
  {
    pattern: /No such container: (\S+)/,
    code: 'DOCKER_ERROR',
    say: ([, name]) => `there is no container ${name}`,
  },
  { pattern: /Duplicate mount point: (\S+)/, code: 'CONTAINER_OPTION' },
  {
    pattern: /Invalid signal: (\S+)/,
    code: 'CONTAINER_OPTION',
    say: ([, signal]) => `stop: there is no signal ${signal}`,
  },
];

export const pulls: readonly Rule[] = [
  {
    pattern: /no matching manifest for (\S+)|no match for platform/,
    code: 'IMAGE_NOT_FOUND',
    say: ([, platform]) => `it is not made for ${platform ?? 'this kind of machine'}`,
  },
  {
    pattern:
      /unauthorized|denied|no basic auth credentials|authorization failed|HTTP 40[13]|40[13] (?:Unauth|Forb)/i,
    code: 'REGISTRY_AUTH',
    say: () => 'the registry refuses it without the right credentials',
  },
  {
    pattern: /server gave HTTP response to HTTPS client/,
    code: 'DOCKER_ERROR',
    say: () =>
      'the registry speaks plain HTTP: name it under `insecure-registries` in the daemon.json of Docker',
  },
  {
    pattern: /x509: (.+)$/,
    code: 'DOCKER_ERROR',
    say: ([, why]) => `the certificate of the registry is not accepted: ${why}`,
  },
  {
    pattern: /manifest unknown|name unknown|repository name not known|no such manifest/i,
    code: 'IMAGE_NOT_FOUND',
    say: () => 'the registry does not have it',
  },
  {
    // Docker with the image store of containerd; a blob that is missing ends the same way.
    pattern: /failed to resolve reference .*: not found/,
    code: 'IMAGE_NOT_FOUND',
    say: () => 'the registry does not have it',
  },
  {
    pattern: /invalid reference format/,
    code: 'IMAGE_NOT_FOUND',
    say: () => 'that is not the name of an image',
  },
  {
    pattern: /toomanyrequests|\b429\b/i,
    code: 'REGISTRY_DOWN',
    say: () => 'the registry has been asked too often and wants to be left alone for a while',
  },
  {
    pattern: /connect: connection refused/,
    code: 'REGISTRY_DOWN',
    say: () => 'nothing answers at the address of the registry',
  },
  {
    pattern: /lookup (\S+)( on \S+)?: /,
    code: 'REGISTRY_DOWN',
    say: ([, name]) => `the name ${name} of the registry cannot be resolved from this host`,
  },
  {
    pattern: /no route to host|network is unreachable/,
    code: 'REGISTRY_DOWN',
    say: () => 'the registry cannot be reached from this host',
  },
  {
    pattern: /i\/o timeout|TLS handshake timeout|Client\.Timeout|deadline exceeded/,
    code: 'REGISTRY_DOWN',
    say: () => 'the registry does not answer in time',
  },
  {
    pattern: /unexpected HTTP status: (.+)$|unexpected status from .*: (\d{3} [\w ]+)/,
    code: 'REGISTRY_DOWN',
    say: ([, status, newer]) => `the registry answers ${status ?? newer ?? ''}`,
  },
  {
    pattern:
      /error parsing HTTP (\d{3})|error unmarshalling content|mediaType in manifest should be/,
    code: 'REGISTRY_DOWN',
    say: ([, status]) =>
      `what answers there is no registry${status === undefined ? '' : ` (HTTP ${status})`}`,
  },
  {
    pattern: /connection reset by peer|\bEOF\b|broken pipe/,
    code: 'REGISTRY_DOWN',
    say: () => 'the registry broke the connection off',
  },
  {
    pattern: /verification failed|digest mismatch|unexpected commit digest/,
    code: 'REGISTRY_DOWN',
    say: () => 'the registry sent other bytes than the digest promises',
  },
];
