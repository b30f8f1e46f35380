// A container's life on a real Engine: what is seen of it, what it says, how it ends.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../e2e/product.ts';
import { specOf, timing } from '../minion/engine/specs.ts';
import { name, network, OneHost, shell } from './one-host.ts';

let one: OneHost;
beforeAll(async () => {
  one = await OneHost.start();
});
afterAll(() => one?.close());
afterEach(() => one.removeAll());

const listed = async (called = name) =>
  (await one.engine.containers()).find((each) => each.name === called);

describe('what is seen', () => {
  it('of the Engine', async () => {
    const format = '{{.DockerRootDir}} {{.Driver}} {{.KernelVersion}}';
    const told = await one.host.docker('info', '--format', format);
    const [dataRoot, storageDriver, kernel] = told.trim().split(' ');
    const info = await one.engine.info();
    expect(info).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+/) as string,
      apiVersion: expect.stringMatching(/^1\.\d+$/) as string,
      ...{ dataRoot, storageDriver, kernel },
    });
    expect(info.cpus).toBeGreaterThan(0);
    expect(info.memoryBytes).toBeGreaterThan(100_000_000);
  });

  it('of a container, from its making to its end', async () => {
    const begun = Date.now();
    const ports = [
      { address: '0.0.0.0', host: 18_080, container: 8080, protocol: 'tcp' } as const,
      { address: '127.0.0.1', host: 18_081, container: 53, protocol: 'udp' } as const,
    ];
    await one.create({ ports, healthcheck: { kind: 'image', ...timing } });
    expect(await listed()).toMatchObject({ status: 'created', health: 'none', hostPorts: [] });
    expect(await one.engine.inspect(name)).toMatchObject({ startedAt: 0, finishedAt: 0 });

    await one.engine.start(name);
    await one.engine.start(name);
    const hostPorts = [
      { address: '0.0.0.0', port: 18_080, protocol: 'tcp' },
      { address: '127.0.0.1', port: 18_081, protocol: 'udp' },
    ];
    await until('it is healthy', async () => (await listed())?.health === 'healthy');
    const [inList, alone] = [await listed(), await one.engine.inspect(name)];
    for (const seen of [inList, alone]) {
      expect(seen).toMatchObject({ status: 'running', health: 'healthy', labels: {} });
      expect(seen?.hostPorts).toHaveLength(2);
      expect(seen?.hostPorts).toEqual(expect.arrayContaining(hostPorts));
      expect(Math.abs((seen?.createdAt ?? 0) - begun)).toBeLessThan(5_000);
    }
    expect(inList?.id).toBe(alone?.id);
    expect(alone?.addresses[network]).toMatch(/^\d+(\.\d+){3}$/);
    expect(alone?.healthOutput).toBe('');
    expect(alone?.startedAt).toBeGreaterThanOrEqual(begun);

    await one.engine.stop(name, 5_000);
    await one.engine.stop(name, 5_000);
    expect(await listed()).toMatchObject({ status: 'exited', health: 'none', hostPorts: [] });
    const ended = await one.engine.inspect(name);
    expect(ended).toMatchObject({ status: 'exited', exitCode: 0, oomKilled: false, addresses: {} });
    expect(ended?.finishedAt).toBeGreaterThanOrEqual(ended?.startedAt ?? Infinity);
    await one.engine.remove(name);
    await one.engine.remove(name);
    expect(await listed()).toBeUndefined();
    expect(await one.engine.inspect(name)).toBeUndefined();
  });

  it('of a check that says no', async () => {
    const env = { ILL_AFTER: '0' };
    await one.run({ env, healthcheck: { kind: 'image', ...timing } });
    await until('it is unhealthy', async () => (await listed())?.health === 'unhealthy');
    const { health, healthOutput } = (await one.engine.inspect(name)) ?? {};
    expect(health).toBe('unhealthy');
    expect(healthOutput).toContain('500 Internal Server Error');
  });

  it('of one that was paused, and goes on', async () => {
    await one.run();
    await one.engine.unpause(name);
    await one.host.docker('pause', name);
    expect((await listed())?.status).toBe('paused');
    await one.engine.unpause(name);
    expect((await listed())?.status).toBe('running');
  });

  it('of one that ends badly', async () => {
    await one.run(shell('exit 7'));
    await one.run(
      { ...shell('x=a; while :; do x=$x$x; done'), limits: { memoryBytes: 8 << 20 } },
      'greedy',
    );
    await one.run(
      { ...shell('exit 1'), restart: { policy: 'on-failure', maxRetries: 2 } },
      'again',
    );
    await one.host.docker('wait', name, 'greedy');
    expect(await one.engine.inspect(name)).toMatchObject({ exitCode: 7, oomKilled: false });
    expect(await one.engine.inspect('greedy')).toMatchObject({ exitCode: 137, oomKilled: true });
    await until(
      'it was tried again',
      async () => (await one.engine.inspect('again'))?.restarts === 2,
    );
  });

  it('in the order they were made in, even within one second', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `made-${index}`);
    for (const called of names) await one.create({}, called);
    const seen = (await one.containers()).toSorted((a, b) => a.createdAt - b.createdAt);
    expect(seen.map((each) => each.name)).toEqual(names);
    expect(new Set(seen.map(({ createdAt }) => createdAt)).size).toBe(names.length);
  });

  it('of networks and volumes, which are made once', async () => {
    const labels = { 'brine.env': 'gamma' };
    await one.engine.createNetwork('starfall-gamma', labels);
    await one.engine.createNetwork('starfall-gamma', labels);
    await one.engine.createVolume('starfall-gamma-data', labels);
    await one.engine.createVolume('starfall-gamma-data', labels);
    const named = (names: readonly string[]): string[] =>
      names.filter((each) => /gamma/.test(each));
    expect(named(await one.engine.networks())).toEqual(['starfall-gamma']);
    expect(named(await one.engine.volumes())).toEqual(['starfall-gamma-data']);
    const format = '{{index .Labels "brine.env"}}';
    const kinds = [
      ['network', 'starfall-gamma'] as const,
      ['volume', 'starfall-gamma-data'] as const,
    ];
    for (const [kind, called] of kinds) {
      expect((await one.host.docker(kind, 'inspect', '--format', format, called)).trim()).toBe(
        'gamma',
      );
    }
    await one.engine.removeNetwork('starfall-gamma');
    await one.engine.removeNetwork('starfall-gamma');
    expect(named(await one.engine.networks())).toEqual([]);
    await one.host.docker('volume', 'rm', 'starfall-gamma-data');
  });

  it('of a network that is in use, which stays', async () => {
    await one.run();
    await expect(one.engine.removeNetwork(network)).rejects.toMatchObject({
      data: { code: 'DOCKER_ERROR', message: `the network ${network} is still in use` },
    });
    await one.engine.create({
      name: 'lost',
      spec: specOf({ image: one.image }),
      labels: {},
      network: 'none-such',
    });
    await expect(one.engine.start('lost')).rejects.toMatchObject({
      data: { code: 'DOCKER_ERROR', message: 'there is no network none-such', where: 'lost' },
    });
  });
});

describe('a stop', () => {
  it('is with the container’s own signal, and by force only after its time', async () => {
    const trap = (signal: string) =>
      shell(`trap 'exit 42' ${signal}; while :; do busybox sleep 0.1; done`);
    await one.run({ ...trap('USR1'), stop: { signal: 'SIGUSR1', timeoutMs: 30_000 } });
    await one.run({ ...trap('USR1'), stop: { signal: 'SIGTERM', timeoutMs: 30_000 } }, 'deaf');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await one.engine.stop(name, 30_000);
    expect((await one.engine.inspect(name))?.exitCode).toBe(42);
    const begun = performance.now();
    await one.engine.stop('deaf', 1_000);
    expect(performance.now() - begun).toBeGreaterThan(950);
    expect((await one.engine.inspect('deaf'))?.exitCode).toBe(137);
  });
});

describe('a removal', () => {
  it('ends what runs, with its nameless volumes, and leaves the named ones', async () => {
    const mounts = [
      { type: 'volume', source: 'starfall-kept', target: '/kept', readOnly: false },
      { type: 'volume', source: '', target: '/nameless', readOnly: false },
    ] as const;
    const before = await one.engine.volumes();
    const volumes = async (): Promise<string[]> =>
      (await one.engine.volumes()).filter((each) => !before.includes(each));
    await one.run({ mounts });
    expect(await volumes()).toHaveLength(2);
    await one.engine.remove(name);
    expect(await volumes()).toEqual(['starfall-kept']);
    await one.host.docker('volume', 'rm', 'starfall-kept');
  });

  it('that two ask for at once is one', async () => {
    await one.run();
    await Promise.all([1, 2, 3].map(() => one.engine.remove(name)));
    expect(await listed()).toBeUndefined();
  });
});

describe('a rename', () => {
  it('to the name it has already is none', async () => {
    await one.create();
    await one.engine.rename(name, 'other');
    await one.engine.rename('other', 'other');
    expect(await listed('other')).toBeDefined();
    expect(await listed()).toBeUndefined();
  });
});

describe('what is not there', () => {
  it('cannot be started, stopped, asked or renamed', async () => {
    const none = { data: { code: 'DOCKER_ERROR', message: 'there is no container none' } };
    await expect(one.engine.start('none')).rejects.toMatchObject(none);
    await expect(one.engine.stop('none', 0)).rejects.toMatchObject(none);
    await expect(one.engine.rename('none', 'other')).rejects.toMatchObject(none);
    await expect(one.engine.logs('none', 5)).rejects.toMatchObject(none);
    await expect(one.engine.exec('none', ['x'], { timeoutMs: 100 })).rejects.toMatchObject(none);
  });

  it('cannot be a path to something else', async () => {
    for (const path of ['../images/json', '..', '', 'a/b', 'a?b', 'a b']) {
      await expect(one.engine.inspect(path)).rejects.toMatchObject({
        data: { message: expect.stringContaining('cannot be the name') as string },
      });
    }
  });
});
