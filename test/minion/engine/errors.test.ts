// Long because every sentence of Docker that means something stands here.

import { describe, expect, it } from 'vitest';
import {
  containerFault,
  engineFault,
  isDockersOwn,
  pullFault,
  takenPort,
  tidy,
} from '../../../minion/engine/errors.ts';

const image = 'registry.example.com/api@sha256:00';
const endpoint = 'driver failed programming external connectivity on endpoint api (10cdfb):';

/** Docker 20.10 as it speaks in test/engine; what only newer ones say stands here alone. */
const ofContainers: readonly [status: number, text: string, code: string, message: string][] = [
  [
    500,
    `${endpoint} Bind for 0.0.0.0:18080 failed: port is already allocated`,
    'PORT_TAKEN',
    'port 0.0.0.0:18080 of this host is taken by another container',
  ],
  [
    500,
    `failed to set up container networking: ${endpoint} Bind for :::18080 failed: port is already allocated`,
    'PORT_TAKEN',
    'port :::18080 of this host is taken by another container',
  ],
  [
    500,
    `${endpoint} Error starting userland proxy: listen tcp4 0.0.0.0:5000: bind: address already in use`,
    'PORT_TAKEN',
    'port 0.0.0.0:5000 of this host is taken by a program outside Docker',
  ],
  [
    500,
    `failed to set up container networking: ${endpoint} failed to bind host port for 0.0.0.0:80:172.17.0.2:8080/tcp: address already in use`,
    'PORT_TAKEN',
    'port 0.0.0.0:80 of this host is taken',
  ],
  [
    500,
    `failed to set up container networking: ${endpoint} failed to bind host port 0.0.0.0:80/tcp: address already in use`,
    'PORT_TAKEN',
    'port 0.0.0.0:80 of this host is taken',
  ],
  [
    500,
    `${endpoint} Error starting userland proxy: listen tcp4 10.9.9.9:5001: bind: cannot assign requested address`,
    'CONTAINER_OPTION',
    'ports: 10.9.9.9 is not an address of this host',
  ],
  [
    500,
    `failed to set up container networking: ${endpoint} failed to bind host port for 10.9.9.9:80:172.17.0.2:8080/tcp: cannot assign requested address`,
    'CONTAINER_OPTION',
    'ports: 10.9.9.9 is not an address of this host',
  ],
  [
    409,
    'Conflict. The container name "/api" is already in use by container "30dae95490041ed2333cf4266770100bc1f96c4ec4fe08b57ea8a0e26ea6bf16". You have to remove (or rename) that container to be able to reuse that name.',
    'NAME_TAKEN',
    'the name api is taken by container 30dae9549004',
  ],
  [
    404,
    'No such image: registry.example.com/api@sha256:00',
    'IMAGE_NOT_FOUND',
    'there is no image registry.example.com/api@sha256:00 on this host',
  ],
  [
    400,
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown',
    'CONTAINER_COMMAND',
    'the command "nope" cannot be started: executable file not found in $PATH',
  ],
  [
    400,
    'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/nope": stat /nope: no such file or directory',
    'CONTAINER_COMMAND',
    'the command "/nope" cannot be started: stat /nope: no such file or directory',
  ],
  [
    500,
    'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec /prog: exec format error: unknown',
    'CONTAINER_COMMAND',
    'the command cannot be started: it is made for another kind of machine',
  ],
  [
    400,
    'No command specified',
    'CONTAINER_COMMAND',
    'neither the state nor the image names a command',
  ],
  [
    500,
    'unable to find user nobody: no matching entries in passwd file',
    'CONTAINER_OPTION',
    'user: the image knows no user nobody',
  ],
  [
    400,
    'invalid mount config for type "bind": bind source path does not exist: /srv/x y',
    'CONTAINER_OPTION',
    'volumes: /srv/x y does not exist on this host',
  ],
  [
    400,
    'Minimum memory limit allowed is 6MB',
    'CONTAINER_OPTION',
    'Minimum memory limit allowed is 6MB',
  ],
  [404, 'No such container: api', 'DOCKER_ERROR', 'there is no container api'],
  [
    500,
    'mkdir /var/lib/docker/overlay2/x: no space left on device',
    'DISK_FULL',
    'the disk with the data of Docker is full',
  ],
  [
    500,
    'connection error: desc = "transport: Error while dialing dial unix /run/containerd/containerd.sock: connect: connection refused": unavailable',
    'DOCKER_DOWN',
    'the Docker Engine has lost its containerd',
  ],
  [500, 'something new', 'DOCKER_ERROR', 'something new'],
];

describe('what the Engine says of a container', () => {
  it.each(ofContainers)('%i %s', (status, text, code, message) => {
    expect(containerFault({ status, text }, 'api')).toEqual({ code, message, where: 'api' });
  });

  it('tells Docker’s own word on a port from that of the kernel', () => {
    const own = ofContainers.filter(([, text]) => isDockersOwn(text));
    expect(own.map(([, , , message]) => message)).toEqual([
      'port 0.0.0.0:18080 of this host is taken by another container',
      'port :::18080 of this host is taken by another container',
    ]);
  });

  it('names the port that is taken in every form', () => {
    const taken = ofContainers.filter(([, , code]) => code === 'PORT_TAKEN');
    expect(taken.map(([, text]) => takenPort(text))).toEqual([18080, 18080, 5000, 80, 80]);
    const v6 = 'failed to bind host port [::1]:8080/tcp: address already in use';
    expect(takenPort(v6)).toBe(8080);
    expect(containerFault({ status: 500, text: v6 }, 'api').code).toBe('PORT_TAKEN');
    expect(takenPort('something else')).toBeUndefined();
  });
});

const ofPulls: readonly [text: string, code: string, detail: string][] = [
  [
    `manifest for ${image} not found: manifest unknown: manifest unknown`,
    'IMAGE_NOT_FOUND',
    'the registry does not have it',
  ],
  ['name unknown', 'IMAGE_NOT_FOUND', 'the registry does not have it'],
  [
    `failed to resolve reference "${image}": ${image}: not found`,
    'IMAGE_NOT_FOUND',
    'the registry does not have it',
  ],
  [
    'no matching manifest for linux/amd64 in the manifest list entries',
    'IMAGE_NOT_FOUND',
    'it is not made for linux/amd64',
  ],
  [
    "pull access denied for api, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    'REGISTRY_AUTH',
    'the registry refuses it without the right credentials',
  ],
  [
    `failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
    'REGISTRY_AUTH',
    'the registry refuses it without the right credentials',
  ],
  [
    `failed to resolve reference "${image}": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://auth.example.com/token: 401 Unauthorized`,
    'REGISTRY_AUTH',
    'the registry refuses it without the right credentials',
  ],
  [
    'Get "https://registry.example.com/v2/": no basic auth credentials',
    'REGISTRY_AUTH',
    'the registry refuses it without the right credentials',
  ],
  [
    'received unexpected HTTP status: 503 Service Unavailable',
    'REGISTRY_DOWN',
    'the registry answers 503 Service Unavailable',
  ],
  [
    `failed to resolve reference "${image}": unexpected status from HEAD request to https://registry.example.com/v2/api/manifests/x: 502 Bad Gateway`,
    'REGISTRY_DOWN',
    'the registry answers 502 Bad Gateway',
  ],
  [
    `failed to do request: Head "https://registry.example.com/v2/": dial tcp 10.1.2.3:443: connect: connection refused`,
    'REGISTRY_DOWN',
    'nothing answers at the address of the registry',
  ],
  [
    'Get "https://registry.example.com/v2/": dial tcp: lookup registry.example.com on 10.0.0.1:53: no such host',
    'REGISTRY_DOWN',
    'the name registry.example.com of the registry cannot be resolved from this host',
  ],
  [
    'Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid on 10.0.0.1:53: read udp 192.0.2.1:53624->10.0.0.1:53: i/o timeout',
    'REGISTRY_DOWN',
    'the name registry.invalid of the registry cannot be resolved from this host',
  ],
  [
    'Get "https://registry.example.com/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    'REGISTRY_DOWN',
    'the registry does not answer in time',
  ],
  [
    'toomanyrequests: You have reached your pull rate limit.',
    'REGISTRY_DOWN',
    'the registry has been asked too often and wants to be left alone for a while',
  ],
  [
    'Get "https://10.1.2.3:5000/v2/": http: server gave HTTP response to HTTPS client',
    'DOCKER_ERROR',
    'the registry speaks plain HTTP: name it under `insecure-registries` in the daemon.json of Docker',
  ],
  [
    'Get "https://10.1.2.3:5000/v2/": x509: certificate signed by unknown authority',
    'DOCKER_ERROR',
    'the certificate of the registry is not accepted: certificate signed by unknown authority',
  ],
  [
    'failed to register layer: write /usr/lib/x.so: no space left on device',
    'DISK_FULL',
    'the disk with the data of Docker is full',
  ],
  ['unexpected EOF', 'REGISTRY_DOWN', 'the registry broke the connection off'],
  ['never heard of', 'REGISTRY_DOWN', 'never heard of'],
];

describe('what the Engine says of a pull', () => {
  it.each(ofPulls)('%s', (text, code, detail) => {
    const where = 'registry.example.com';
    expect(pullFault(text, image)).toEqual({
      code,
      message: `cannot pull ${image}: ${detail}`,
      where,
    });
  });

  it('names the registry as Docker reads a reference', () => {
    const where = (reference: string) => pullFault('EOF', reference).where;
    expect(where('api@sha256:00')).toBe('docker.io');
    expect(where('team/api@sha256:00')).toBe('docker.io');
    expect(where('localhost/api@sha256:00')).toBe('localhost');
    expect(where('10.0.0.1:5000/team/api@sha256:00')).toBe('10.0.0.1:5000');
  });
});

describe('what the Engine says at all', () => {
  it('is told apart where the versions do not fit', () => {
    const old =
      'client version 1.51 is too old. Minimum supported API version is 1.60, please upgrade your client to a newer version';
    expect(engineFault({ status: 400, text: old }).code).toBe('DOCKER_VERSION');
    const young = 'client version 1.51 is too new. Maximum supported API version is 1.41';
    expect(engineFault({ status: 400, text: young }).code).toBe('DOCKER_VERSION');
    expect(engineFault({ status: 500, text: 'other' })).toEqual({
      code: 'DOCKER_ERROR',
      message: 'other',
    });
  });

  it('is told in one bounded line, without the names of its parts', () => {
    expect(tidy('Error response from daemon: OCI runtime create failed: a\n  b: unknown')).toBe(
      'a b',
    );
    expect(tidy('x'.repeat(10_000))).toHaveLength(2_000);
  });

  it('is read to its end, however it is written', () => {
    const hostile = `exec: "${'\\'.repeat(100_000)} listen tcp ${'a:'.repeat(100_000)}`;
    containerFault({ status: 500, text: hostile }, 'api');
    pullFault(hostile, image);
    takenPort(hostile);
    expect(tidy(hostile).length).toBeLessThanOrEqual(2_000);
  });
});
