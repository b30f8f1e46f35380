// The rarer options of a container: what a state says of them, what a host is told, and every mistake.

import { describe, expect, it } from 'vitest';
import { specHash } from '../../states/hash.ts';
import type { ContainerSpec } from '../../states/model.ts';
import { digestOf, resolve, said, statesOf } from './sample.ts';

const service = (text: string) => ({
  'services/api.yaml': `image: api\ntargets: role=app\n${text}\n`,
});

function containers(text: string): readonly ContainerSpec[] {
  const resolved = resolve(statesOf(service(text)));
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.diagnostics));
  return resolved.environment.hosts.flatMap(({ state }) => state.containers);
}

function only(text: string): ContainerSpec {
  const [spec, ...more] = containers(text);
  if (spec === undefined || more.length > 0) throw new Error('not one container');
  return spec;
}

describe('an option', () => {
  const options: readonly [text: string, spec: Partial<ContainerSpec>][] = [
    ['working_dir: /srv//app/', { workingDir: '/srv/app' }],
    ['hostname: api.local', { hostname: 'api.local' }],
    [
      'tmpfs: [/run, "/tmp:size=64m,mode=1777"]',
      { tmpfs: [{ target: '/run' }, { target: '/tmp', sizeBytes: 67_108_864, mode: 0o1777 }] },
    ],
    [
      'extra_hosts: { db: 10.0.0.5, six: "fd00::5", host: host-gateway }',
      { extraHosts: { db: '10.0.0.5', six: 'fd00::5', host: 'host-gateway' } },
    ],
    [
      'dns: { servers: [10.0.0.2], options: ["ndots:2"] }',
      { dns: { servers: ['10.0.0.2'], search: [], options: ['ndots:2'] } },
    ],
    [
      'cap_add: [cap_net_admin, NET_ADMIN]\ncap_drop: [ALL]',
      { capAdd: ['NET_ADMIN'], capDrop: ['ALL'] },
    ],
    ['read_only: true', { readOnlyRoot: true }],
    ['init: false', { init: false }],
    [
      'security_opt: ["no-new-privileges:true", "label:disable"]',
      { securityOpt: ['no-new-privileges', 'label=disable'] },
    ],
    [
      'devices: [/dev/fuse, "/dev/a:/dev/b", "/dev/c:r", "/dev/d:/dev/e:rw"]',
      {
        devices: [
          { host: '/dev/fuse', container: '/dev/fuse', permissions: 'rwm' },
          { host: '/dev/a', container: '/dev/b', permissions: 'rwm' },
          { host: '/dev/c', container: '/dev/c', permissions: 'r' },
          { host: '/dev/d', container: '/dev/e', permissions: 'rw' },
        ],
      },
    ],
    [
      'logging: { driver: json-file, options: { max-size: 10m, max-file: 3 } }',
      { logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } } },
    ],
    [
      'limits: { pids: 50, shm: 32m, ulimits: { nofile: "1024:2048", core: 0, memlock: -1 } }',
      {
        limits: {
          pids: 50,
          shmBytes: 33_554_432,
          ulimits: {
            nofile: { soft: 1_024, hard: 2_048 },
            core: { soft: 0, hard: 0 },
            memlock: { soft: -1, hard: -1 },
          },
        },
      },
    ],
    [
      'networks: { default: {}, players: { aliases: [lobby, api.local, lobby] } }',
      {
        networks: [
          { network: 'starfall-beta', aliases: ['api'] },
          { network: 'starfall-beta_players', aliases: ['api', 'api.local', 'lobby'] },
        ],
      },
    ],
    ['order: stop-first', { order: 'stop-first' }],
  ];

  it.each(options)('%s', (text, spec) => {
    expect(only(text)).toMatchObject(spec);
  });

  it('that asks for nothing is as good as none', () => {
    const nothing =
      'tmpfs: []\nextra_hosts: {}\ndns: {}\ncap_add: []\ncap_drop: []\nread_only: false\n' +
      'security_opt: []\ndevices: []\nlimits: { ulimits: {} }\nnetworks: {}';
    expect(only(nothing)).toEqual(only(''));
  });

  const around = { project: 'starfall', environment: 'beta' as never, network: 'starfall-beta' };
  const hashOf = (spec: ContainerSpec): string => specHash(spec, around);

  it('makes another container, and one that is not there leaves the hash as it always was', () => {
    expect(hashOf({ ...only(''), image: { ...only('').image, digest: digestOf('a') } })).toBe(
      '9db57552fdef0aed3fe9d2fe3ceb444d08b1d369e4c579f31265085285aa7d23',
    );
    const hashes = options.map(([text]) => hashOf(only(text)));
    // The order of a switch is the plan's, and makes no other container.
    expect(new Set(hashes).size).toBe(options.length);
    expect(hashOf(only('order: stop-first'))).toBe(hashOf(only('')));
  });

  it('of networks is for jobs too, which nobody finds by a name', () => {
    const text = 'networks: { players: { aliases: [lobby] } }\njobs: { migrate: {} }';
    const resolved = resolve(statesOf(service(text)));
    if (!resolved.ok) throw new Error('refused');
    const [job] = resolved.environment.hosts.flatMap(({ state }) => state.jobs ?? []);
    expect(job?.spec.networks).toEqual([{ network: 'starfall-beta_players', aliases: [] }]);
  });

  it('written in another order or spelling is the same', () => {
    expect(hashOf(only('cap_add: [NET_RAW, SYS_TIME]'))).toBe(
      hashOf(only('cap_add: [CAP_SYS_TIME, net_raw]')),
    );
  });

  it.each([
    'working_dir: srv',
    'hostname: a_b',
    'tmpfs: [run, "/run:size=64", "/run:uid=1", "/a:size=1m", "/a"]',
    'extra_hosts: { db: db.local, six: "fd00::5::1", "a b": 10.0.0.1 }',
    'dns: { servers: [one], search: ["a b"], options: ["N:1"], domain: x }',
    'cap_add: [NET_ADMN]',
    'security_opt: [seccomp=/etc/profile.json, whatever]',
    'devices: [fuse, "/dev/a:/dev/b:x"]',
    'logging: { options: { max-size: 1m } }',
    'limits: { pids: 0, shm: 64, ulimits: { nofiles: 1, nofile: "5:4", core: many } }',
    'order: first',
    'order: start-first\nports: ["8080:80"]',
    'init: yes please',
    'instances: 0',
    'networks: { Players: {}, two: { aliases: [a_b], driver: x } }',
    'networks: [players]',
    'platform: linux/arm64',
    'privileged: true',
    'pull_policy: always',
    'shm_size: 64m',
  ])('that is wrong: %s', (text) => {
    expect(said(service(text))).toMatchSnapshot();
  });
});

describe('ports', () => {
  const hostPorts = (text: string): readonly string[] =>
    containers(text).flatMap(({ slot, ports }) =>
      ports.map(({ host, container, protocol }) => `${slot}: ${host}:${container}/${protocol}`),
    );

  it('in a range lead to as many of the container', () => {
    expect(hostPorts('ports: ["8000-8002:9000-9002/udp"]')).toEqual([
      '1: 8000:9000/udp',
      '1: 8001:9001/udp',
      '1: 8002:9002/udp',
    ]);
  });

  it('are given out to the instances, one to each', () => {
    expect(hostPorts('instances: 3\nports: ["8000-8009:80", "9000-9002:90"]')).toEqual([
      ...['1: 8000:80/tcp', '1: 9000:90/tcp', '2: 8001:80/tcp', '2: 9001:90/tcp'],
      ...['3: 8002:80/tcp', '3: 9002:90/tcp'],
    ]);
    expect(containers('instances: 2').map(({ slot }) => slot)).toEqual([1, 2]);
  });

  it.each([
    'ports: ["8000-8002:80"]',
    'instances: 3\nports: ["8000:80"]',
    'instances: 3\nports: ["8000-8001:80"]',
    'instances: 2\nports: ["8000-8001:80-81"]',
    'instances: 2\nports: ["8000-8001:80", "8001-8002:81"]',
    'ports: ["8000-8010:9000-9010", "8005:80"]',
    'ports: ["1-900:1-900", "2000-2900:2000-2900"]',
  ])('that are wrong: %s', (text) => {
    expect(said(service(text))).toMatchSnapshot();
  });
});
