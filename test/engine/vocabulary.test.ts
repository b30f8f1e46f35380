// Each option of a service on a real Engine, by the minion's own reconcile: applied, applied again
// with nothing written, changed with one container in another's place, and removed.
// Long because every option has a row here.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { run as reconcile } from '../../minion/reconcile.ts';
import { containerSpec, serviceName } from '../../protocol/state-schema.ts';
import { realWorld } from '../../protocol/world.ts';
import type { ContainerSpec } from '../../states/model.ts';
import { containerName, labelsOf } from '../../states/naming.ts';
import { until } from '../e2e/product.ts';
import { beta, desireOf, openPolicy, specOf, stateOf } from '../minion/samples.ts';
import { resolved, statesOf } from '../states/sample.ts';
import { OneHost } from './one-host.ts';

let one: OneHost;
let generation = 0;
beforeAll(async () => {
  one = await OneHost.start();
});
afterAll(() => one?.close());
afterEach(() => one.removeAll());

/** It runs and says nothing; up is healthy. As it comes over the wire. */
const service = (more: Partial<ContainerSpec>): ContainerSpec =>
  containerSpec.parse(
    specOf('api', {
      image: one.image,
      healthcheck: {
        ...{ kind: 'none', intervalMs: 20, timeoutMs: 1_000, startMs: 10_000, retries: 1 },
      },
      ...{ minHealthyMs: 0, retain: 0, restart: { policy: 'no' } },
      stop: { signal: 'SIGKILL', timeoutMs: 0 },
      ...more,
    }),
  );

async function apply(...containers: readonly ContainerSpec[]) {
  generation += 1;
  const state = stateOf(beta, containers);
  const watched = one.host.events();
  const report = await reconcile({
    ...{ engine: one.engine, world: realWorld, policy: openPolicy, health: one.health },
    ...{ desire: desireOf(beta, generation, { state }), previous: undefined },
    ...{ signal: new AbortController().signal, tell: () => undefined },
    onGoingBack: () => Promise.resolve(),
  });
  expect(report.failures).toEqual([]);
  const seen = (await watched.stop()).writes().map(({ type, action }) => `${type} ${action}`);
  return { seen, writes: report.writes };
}

const count = (seen: readonly string[], action: string): number =>
  seen.filter((each) => each === `container ${action}`).length;

async function inspected(spec: ContainerSpec): Promise<unknown> {
  const name = containerName({ ...stateOf(beta), spec });
  const [seen] = JSON.parse(await one.host.docker('inspect', name)) as unknown[];
  return seen;
}

type More = Partial<ContainerSpec>;
const port = { address: '0.0.0.0', protocol: 'tcp' } as const;
const containing = (...items: readonly unknown[]): unknown => expect.arrayContaining([...items]);

/** As `docker inspect` has the first; anything beside it may be there too. */
const options: readonly [what: string, first: More, changed: More, seen: object][] = [
  [
    'working_dir',
    { workingDir: '/tmp' },
    { workingDir: '/srv' },
    { Config: { WorkingDir: '/tmp' } },
  ],
  ['hostname', { hostname: 'one' }, { hostname: 'two' }, { Config: { Hostname: 'one' } }],
  ['user', { user: '1000' }, { user: '1001:1001' }, { Config: { User: '1000' } }],
  ['command', { command: ['/run', 'a'] }, { command: ['/run', 'b'] }, { Args: ['a'] }],
  ['env', { env: { A: '1' } }, { env: { A: '2' } }, { Config: { Env: containing('A=1') } }],
  ['labels', { labels: { a: '1' } }, { labels: { a: '2' } }, { Config: { Labels: { a: '1' } } }],
  [
    'tmpfs',
    { tmpfs: [{ target: '/cache', sizeBytes: 1_048_576, mode: 0o1777 }] },
    { tmpfs: [{ target: '/cache' }] },
    {
      HostConfig: {
        Mounts: [
          {
            ...{ Type: 'tmpfs', Target: '/cache' },
            TmpfsOptions: { SizeBytes: 1_048_576, Mode: 0o1777 },
          },
        ],
      },
    },
  ],
  [
    'extra_hosts',
    { extraHosts: { db: '10.0.0.5', up: 'host-gateway' } },
    { extraHosts: { db: '10.0.0.6' } },
    { HostConfig: { ExtraHosts: containing('db:10.0.0.5', 'up:host-gateway') } },
  ],
  [
    'dns',
    { dns: { servers: ['10.0.0.2'], search: ['corp'], options: ['ndots:2'] } },
    { dns: { servers: ['10.0.0.3'], search: [], options: [] } },
    { HostConfig: { Dns: ['10.0.0.2'], DnsSearch: ['corp'], DnsOptions: ['ndots:2'] } },
  ],
  [
    'a range of ports, tcp and udp',
    {
      ports: [
        { ...port, host: 18000, container: 9000 },
        { ...port, host: 18001, container: 9001 },
        { ...port, host: 18002, container: 9002, protocol: 'udp' },
      ],
    },
    { ports: [{ ...port, address: '127.0.0.1', host: 18000, container: 9000 }] },
    {
      HostConfig: {
        PortBindings: {
          '9000/tcp': [{ HostIp: '0.0.0.0', HostPort: '18000' }],
          '9001/tcp': [{ HostIp: '0.0.0.0', HostPort: '18001' }],
          '9002/udp': [{ HostIp: '0.0.0.0', HostPort: '18002' }],
        },
      },
    },
  ],
  [
    'limits',
    {
      limits: {
        ...{ memoryBytes: 67_108_864, cpus: 0.5, pids: 50, shmBytes: 1_048_576 },
        ulimits: { nofile: { soft: 512, hard: 1_024 } },
      },
    },
    { limits: { pids: 60 } },
    {
      HostConfig: {
        ...{ Memory: 67_108_864, NanoCpus: 500_000_000, PidsLimit: 50, ShmSize: 1_048_576 },
        Ulimits: [{ Name: 'nofile', Soft: 512, Hard: 1_024 }],
      },
    },
  ],
  [
    'cap_add and cap_drop',
    { capAdd: ['NET_ADMIN'], capDrop: ['ALL'] },
    { capAdd: ['NET_ADMIN', 'NET_RAW'], capDrop: ['ALL'] },
    { HostConfig: { CapAdd: [expect.stringMatching(/^(CAP_)?NET_ADMIN$/)], CapDrop: ['ALL'] } },
  ],
  ['read_only', { readOnlyRoot: true }, {}, { HostConfig: { ReadonlyRootfs: true } }],
  ['init', { init: false }, {}, { HostConfig: { Init: false } }],
  [
    'security_opt',
    { securityOpt: ['no-new-privileges'] },
    { securityOpt: ['no-new-privileges', 'seccomp=unconfined'] },
    { HostConfig: { SecurityOpt: ['no-new-privileges'] } },
  ],
  [
    'devices',
    { devices: [{ host: '/dev/null', container: '/dev/nothing', permissions: 'r' }] },
    { devices: [{ host: '/dev/null', container: '/dev/nothing', permissions: 'rw' }] },
    {
      HostConfig: {
        Devices: [
          {
            PathOnHost: '/dev/null',
            PathInContainer: '/dev/nothing',
            CgroupPermissions: 'r',
          },
        ],
      },
    },
  ],
  [
    'logging',
    { logging: { driver: 'json-file', options: { 'max-size': '1m' } } },
    { logging: { driver: 'none', options: {} } },
    { HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } } } },
  ],
  [
    'a stop signal',
    { stop: { signal: 'SIGINT', timeoutMs: 0 } },
    { stop: { signal: 'SIGKILL', timeoutMs: 0 } },
    { Config: { StopSignal: 'SIGINT' } },
  ],
  [
    'volumes',
    { mounts: [{ type: 'volume', source: 'starfall-one', target: '/data', readOnly: false }] },
    { mounts: [{ type: 'volume', source: 'starfall-one', target: '/data', readOnly: true }] },
    { Mounts: [{ Name: 'starfall-one', Destination: '/data', RW: true }] },
  ],
];

describe('by the minion’s reconcile', () => {
  it.each(options)('%s', async (_what, first, changed, seen) => {
    const before = service(first);
    await apply(before);
    expect(await inspected(before)).toMatchObject({ State: { Running: true }, ...seen });

    expect(await apply(before)).toEqual({ seen: [], writes: 0 });

    const replaced = await apply(service(changed));
    expect(['create', 'start', 'destroy'].map((each) => count(replaced.seen, each))).toEqual([
      ...[1, 1, 1],
    ]);
    await apply();
    expect(await one.containers()).toEqual([]);
  });

  it('configs, with mode and owner, also where the minion was ended before it put them there', async () => {
    const config = (text: string, mode = 0o440): ContainerSpec =>
      service({
        configs: [
          {
            ...{ target: '/etc/app/new/app.conf', mode, user: 1000, group: 1001 },
            content: Buffer.from(text).toString('base64'),
          },
        ],
      });
    const seen = async (spec: ContainerSpec): Promise<string> => {
      const name = containerName({ ...stateOf(beta), spec });
      const script = 'cd /etc/app/new; busybox stat -c "%a %u:%g" app.conf; busybox cat app.conf';
      const command = ['/bin/busybox', 'sh', '-c', script];
      return (await one.engine.exec(name, command, { timeoutMs: 10_000 })).output;
    };
    const first = config('port = 8080\n');
    await apply(first);
    expect(await seen(first)).toBe('440 1000:1001\nport = 8080\n');
    expect(await apply(first)).toEqual({ seen: [], writes: 0 });

    const second = config(`${'long '.repeat(10_000)}\n`, 0o600);
    const made = { ...stateOf(beta, [second]) };
    await one.engine.create({
      ...{ name: containerName({ ...made, spec: second }), spec: second },
      ...{ labels: labelsOf(made, second), network: made.network },
    });
    const replaced = await apply(second);
    expect(['create', 'start', 'destroy'].map((each) => count(replaced.seen, each))).toEqual([
      ...[0, 1, 1],
    ]);
    expect(await seen(second)).toBe(`600 1000:1001\n${'long '.repeat(10_000)}\n`);
    const third = config('port = 8081\n');
    expect(count((await apply(third)).seen, 'create')).toBe(1);
    expect(await seen(third)).toBe('440 1000:1001\nport = 8081\n');
    await apply();
    expect(await one.containers()).toEqual([]);
  });

  it('env_file and configs, as a repository has them', async () => {
    const from = (env: string, conf: string): ContainerSpec => {
      const asked = 'env_file: [files/a.env]\nconfigs: { /etc/app.conf: { file: files/app.conf } }';
      const states = statesOf({
        'services/api.yaml': `image: api\nenv: { OWN: "1" }\n${asked}\n`,
        ...{ 'files/a.env': env, 'files/app.conf': conf },
      });
      const [made] = resolved(states).hosts[0]?.state.containers ?? [];
      return service({ env: made?.env ?? {}, configs: made?.configs ?? [] });
    };
    const first = from('A=from a file\nOWN=2\n', 'x');
    await apply(first);
    const Env = containing('A=from a file', 'OWN=1');
    expect(await inspected(first)).toMatchObject({ Config: { Env } });
    expect(await apply(first)).toEqual({ seen: [], writes: 0 });
    for (const changed of [from('A=another\n', 'x'), from('A=another\n', 'y')]) {
      expect(count((await apply(changed)).seen, 'create')).toBe(1);
      expect(await apply(changed)).toEqual({ seen: [], writes: 0 });
    }
    await apply();
    expect(await one.containers()).toEqual([]);
  });

  it('networks: joined by names, also where the minion was ended before that, and never made anew', async () => {
    const own = { network: 'starfall-beta', aliases: ['api'] };
    const players = 'starfall-beta_players';
    const joined = (...aliases: readonly string[]): ContainerSpec =>
      service({ networks: [own, { network: players, aliases: ['api', ...aliases] }] });
    const id = () => one.host.docker('network', 'inspect', '--format', '{{.Id}}', players);
    const aliases = async (spec: ContainerSpec) => {
      const seen = (await inspected(spec)) as {
        NetworkSettings: { Networks: Record<string, { Aliases: string[]; IPAddress: string }> };
      };
      return Object.entries(seen.NetworkSettings.Networks).map(([name, at]) => [
        ...[name, at.IPAddress !== ''],
        at.Aliases.filter((each) => /^[a-z]+$/.test(each)).sort(),
      ]);
    };
    const first = joined('lobby');
    await apply(first);
    expect(await aliases(first)).toEqual([
      ['starfall-beta', true, ['api']],
      [players, true, ['api', 'lobby']],
    ]);
    const before = await id();
    expect(await apply(first)).toEqual({ seen: [], writes: 0 });
    const asker = service({
      ...{ service: serviceName.parse('asker'), command: ['/bin/busybox', 'sleep', '600'] },
      networks: [{ network: players, aliases: [] }],
    });
    await apply(first, asker);
    const name = containerName({ ...stateOf(beta), spec: asker });
    const asked = ['/bin/busybox', 'wget', '-q', '-O', '-', 'http://lobby:8080/'];
    expect(await one.engine.exec(name, asked, { timeoutMs: 10_000 })).toEqual({
      ...{ exitCode: 0, output: '1.0.0\n' },
    });

    const second = joined('queue');
    const made = stateOf(beta, [second]);
    await one.engine.create({
      ...{ name: containerName({ ...made, spec: second }), spec: second },
      ...{ labels: labelsOf(made, second), network: made.network },
    });
    const replaced = await apply(second, asker);
    expect(['create', 'start', 'destroy'].map((each) => count(replaced.seen, each))).toEqual([
      ...[0, 1, 1],
    ]);
    expect((await aliases(second))[1]).toEqual([players, true, ['api', 'queue']]);
    const stopped = containerName({ ...made, spec: second });
    await one.host.docker('stop', stopped);
    expect(count((await apply(second, asker)).seen, 'create')).toBe(0);
    await one.host.docker('network', 'disconnect', players, stopped);
    expect(count((await apply(second, asker)).seen, 'create')).toBe(1);
    expect((await aliases(second))[1]).toEqual([players, true, ['api', 'queue']]);
    expect(await apply(second, asker)).toEqual({ seen: [], writes: 0 });
    await apply();
    expect(await one.containers()).toEqual([]);
    expect(await id()).toBe(before);
  });

  it('drain: the old one goes on until it says that it may stop, or its time is over', async () => {
    const timing = { intervalMs: 50, timeoutMs: 5_000, startMs: 0, retries: 1 };
    const drain = (timeoutMs: number): Pick<ContainerSpec, 'drain'> => ({
      drain: {
        probe: { kind: 'exec', command: ['/bin/busybox', 'test', '-e', '/empty'], ...timing },
        timeoutMs,
      },
    });
    const first = service({ ...drain(60_000), env: { A: '1' } });
    await apply(first);
    expect(await apply(service({ ...drain(30_000), env: { A: '1' } }))).toEqual({
      ...{ seen: [], writes: 0 },
    });
    let switched = false;
    const going = apply(service({ ...drain(30_000), env: { A: '2' } })).finally(() => {
      switched = true;
    });
    const running = async (): Promise<number> =>
      (await one.containers()).filter(({ status }) => status === 'running').length;
    await until('the new one runs beside the old one', async () => (await running()) === 2);
    const name = containerName({ ...stateOf(beta), spec: first });
    const asked = { timeoutMs: 5_000 };
    await one.engine.exec(name, ['/bin/busybox', 'test', '-e', '/nothing'], asked);
    expect([switched, await running()]).toEqual([false, 2]);
    await one.engine.exec(name, ['/bin/busybox', 'touch', '/empty'], asked);
    await going;
    expect(await running()).toBe(1);

    const { seen } = await apply(service({ ...drain(300), env: { A: '3' } }));
    expect(count(seen, 'destroy')).toBe(1);
    await apply();
    expect(await one.containers()).toEqual([]);
  });

  it('several instances, one to each port of a range', async () => {
    const instances = [1, 2, 3].map((slot) =>
      service({ slot, ports: [{ ...port, host: 18079 + slot, container: 8080 }] }),
    );
    await apply(...instances);
    const answers = await Promise.all(
      [18080, 18081, 18082].map(async (each) => fetch(`http://${one.host.address}:${each}/`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await apply(...instances)).toEqual({ seen: [], writes: 0 });
    const changed = instances.map((each) => ({ ...each, env: { A: '1' } }));
    expect(count((await apply(...changed)).seen, 'create')).toBe(3);
    const fewer = await apply(...changed.slice(0, 2));
    expect(count(fewer.seen, 'destroy')).toBe(1);
    expect(count(fewer.seen, 'create')).toBe(0);
    await apply();
  });

  it('two never write one volume at the same time, unless that is asked for', async () => {
    const mounts = [
      { type: 'volume', source: 'starfall-two', target: '/d', readOnly: false },
    ] as const;
    await apply(service({ mounts }));
    const { seen } = await apply(service({ mounts, env: { A: '1' } }));
    expect(seen.indexOf('container die')).toBeLessThan(seen.indexOf('container start'));
    const asked = await apply(service({ mounts, env: { A: '2' }, order: 'start-first' }));
    expect(asked.seen.indexOf('container start')).toBeLessThan(asked.seen.indexOf('container die'));
  });
});
