// Each option of a container, made on a real Engine and compared with what that Engine then says.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../states/model.ts';
import { specOf, timing } from '../minion/engine/specs.ts';
import { name, network, OneHost } from './one-host.ts';

let one: OneHost;
beforeAll(async () => {
  one = await OneHost.start();
});
afterAll(() => one?.close());
afterEach(() => one.removeAll());

const inspected = async (): Promise<unknown> => {
  const [seen] = JSON.parse(await one.host.docker('inspect', name)) as unknown[];
  return seen;
};

/** As `docker inspect` has it; anything beside it may be there too. */
const options: readonly [what: string, more: () => Partial<ContainerSpec>, seen: object][] = [
  ['nothing but the image', () => ({}), { Config: { Entrypoint: null, Cmd: ['/run'], User: '' } }],
  [
    'a command',
    () => ({ command: ['/run', 'a b', '$HOME'] }),
    { Config: { Entrypoint: null, Cmd: ['/run', 'a b', '$HOME'] } },
  ],
  [
    'an entrypoint, which leaves the image’s command out',
    () => ({ entrypoint: ['/bin/busybox', 'sleep'] }),
    { Config: { Entrypoint: ['/bin/busybox', 'sleep'], Cmd: null } },
  ],
  [
    'both',
    () => ({ entrypoint: ['/bin/sh', '-c'], command: ['exit 3'] }),
    { Path: '/bin/sh', Args: ['-c', 'exit 3'] },
  ],
  [
    'an environment, whatever stands in it',
    () => ({ env: { EMPTY: '', EQUALS: 'a=b', TEXT: 'grüße "quoted"\nand more' } }),
    {
      Config: {
        Env: expect.arrayContaining([
          ...['EMPTY=', 'EQUALS=a=b', 'TEXT=grüße "quoted"\nand more', 'VERSION=1.0.0'],
        ]) as unknown,
      },
    },
  ],
  [
    'ports',
    () => ({
      ports: [
        { address: '0.0.0.0', host: 18080, container: 8080, protocol: 'tcp' },
        { address: '127.0.0.1', host: 18081, container: 8080, protocol: 'tcp' },
        { address: '0.0.0.0', host: 18080, container: 53, protocol: 'udp' },
      ],
    }),
    {
      HostConfig: {
        PortBindings: {
          '8080/tcp': [
            { HostIp: '0.0.0.0', HostPort: '18080' },
            { HostIp: '127.0.0.1', HostPort: '18081' },
          ],
          '53/udp': [{ HostIp: '0.0.0.0', HostPort: '18080' }],
        },
      },
    },
  ],
  [
    'volumes and a path of the host',
    () => ({
      mounts: [
        { type: 'volume', source: 'starfall-beta-cache', target: '/cache', readOnly: false },
        { type: 'bind', source: one.host.dir, target: '/host', readOnly: true },
      ],
    }),
    {
      Mounts: expect.arrayContaining([
        expect.objectContaining({ Name: 'starfall-beta-cache', Destination: '/cache', RW: true }),
        expect.objectContaining({ Type: 'bind', Destination: '/host', RW: false }),
      ]) as unknown,
    },
  ],
  ...(['no', 'always', 'unless-stopped'] as const).map(
    (policy): [string, () => Partial<ContainerSpec>, object] => [
      `restart: ${policy}`,
      () => ({ restart: { policy } }),
      { HostConfig: { RestartPolicy: { Name: policy, MaximumRetryCount: 0 } } },
    ],
  ),
  [
    'restart: on-failure, a number of times',
    () => ({ restart: { policy: 'on-failure', maxRetries: 5 } }),
    { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 5 } } },
  ],
  [
    'limits',
    () => ({ limits: { memoryBytes: 67_108_864, cpus: 0.25 } }),
    { HostConfig: { Memory: 67_108_864, NanoCpus: 250_000_000 } },
  ],
  ['no limits', () => ({ limits: {} }), { HostConfig: { Memory: 0, NanoCpus: 0 } }],
  [
    'the image’s own check',
    () => ({ healthcheck: { kind: 'image', ...timing } }),
    { Config: { Healthcheck: { Interval: 1_000_000_000, Retries: 2 } } },
  ],
  [
    'a probe of ours, and then not the image’s own check',
    () => ({ healthcheck: { kind: 'tcp', port: 8080, ...timing } }),
    { Config: { Healthcheck: { Test: ['NONE'] } } },
  ],
  [
    'how it stops',
    () => ({ stop: { signal: 'SIGINT', timeoutMs: 2_500 } }),
    { Config: { StopSignal: 'SIGINT', StopTimeout: 3 } },
  ],
  ['a user', () => ({ user: '1000:1000' }), { Config: { User: '1000:1000' } }],
];

describe('a container', () => {
  it.each(options)('with %s', async (_what, more, seen) => {
    await one.create(more());
    expect(await inspected()).toMatchObject(seen);
  });

  it('has the image that is pinned, the labels it is given, and its network', async () => {
    const labels = { 'brine.project': 'starfall', team: 'a "b"\n$c' };
    await one.engine.create({ name, spec: specOf({ image: one.image }), labels, network });
    const { repository, digest } = one.image;
    const images = await one.engine.images();
    const built = images.find(({ digests }) => digests.includes(`${repository}@${digest}`));
    expect(await inspected()).toMatchObject({
      Name: `/${name}`,
      Image: built?.id,
      Config: { Image: `${repository}@${digest}`, Labels: labels },
      HostConfig: { NetworkMode: network, AutoRemove: false, Privileged: false },
      NetworkSettings: { Networks: { [network]: { Aliases: ['api'] } } },
    });
    expect(await one.engine.inspect(name)).toMatchObject({ labels, imageId: built?.id });
  });

  it('runs as it was asked to, and is found by the name of its service', async () => {
    const port = { address: '0.0.0.0', host: 18080, container: 8080, protocol: 'tcp' } as const;
    await one.create({ ports: [port] });
    await one.engine.start(name);
    const answer = await fetch(`http://${one.host.address}:18080/`);
    expect((await answer.text()).trim()).toBe('1.0.0');
    const script = 'echo "$WORD"; busybox id -u; busybox wget -q -O - http://api:8080/';
    const asking = { entrypoint: ['/bin/sh', '-c'], command: [script], env: { WORD: 'a "b"' } };
    const { service } = specOf();
    await one.create(
      { ...asking, user: '1000', service: `${service}-asking` as typeof service },
      'asking',
    );
    await one.engine.start('asking');
    await one.host.docker('wait', 'asking');
    expect(await one.engine.logs('asking', 10)).toEqual(['a "b"', '1000', '1.0.0']);
  });
});
