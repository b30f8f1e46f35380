// One host and its minion, from a desire to the report: fetched, run, run again, changed, gone back
// from, interrupted.
// Long because all of it happens to one host, which is slow to start.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../states/model.ts';
import { stateOf, beta } from '../minion/samples.ts';
import { until } from '../e2e/product.ts';
import { MinionHost } from './minion-host.ts';

let host: MinionHost;

beforeAll(async () => {
  host = await MinionHost.start();
  await host.build('1.0.0');
  await host.build('1.1.0');
  await host.build('1.2.0', 'exits');
  await host.build('1.3.0', 'unhealthy');
  await host.build('1.4.0', 'never-healthy');
  await host.build('1.5.0', 'slow');
});

afterAll(() => host?.close());
beforeEach(() => host.clear());

describe('a desire that is to be run', () => {
  it('is reached, and reported with what runs', async () => {
    const report = await host.reached([host.api('1.0.0')]);
    expect(report).toMatchObject({ outcome: 'done', now: 'new', reverted: false, failures: [] });
    const [api] = report.running;
    expect(api).toMatchObject({ service: 'api', health: 'healthy', tag: '1.0.0' });
    expect(api?.gapMs).toBeUndefined();
    expect(await host.served()).toBe('1.0.0');
  });

  it('writes nothing when it is there already, by the Engine’s own word', async () => {
    await host.reached([host.api('1.0.0')]);
    const watched = host.host.events();
    const report = await host.reached([host.api('1.0.0')]);
    expect(report).toMatchObject({ outcome: 'done', now: 'new', writes: 0 });
    expect((await watched.stop()).writes()).toEqual([]);
  });

  it('is changed with the old one kept, stopped, and the gap measured', async () => {
    await host.reached([host.api('1.0.0')]);
    const report = await host.reached([host.api('1.1.0')]);
    expect(report).toMatchObject({ outcome: 'done', now: 'new' });
    expect(report.running[0]?.gapMs).toBeGreaterThan(50);
    expect(Object.values(await host.containers()).sort()).toEqual(['exited', 'running']);
    expect(await host.served()).toBe('1.1.0');
  });

  it('has no gap where no port is fixed', async () => {
    const free = { ports: [] };
    await host.reached([host.api('1.0.0', free)]);
    const watched = host.host.events();
    const report = await host.reached([host.api('1.1.0', free)]);
    expect(report.running[0]?.gapMs).toBe(0);
    const seen = (await watched.stop()).writes().map(({ action }) => action);
    expect(seen.indexOf('start')).toBeLessThan(seen.indexOf('die'));
  });

  it('goes back to a container that was kept, by a start and not by a new one', async () => {
    await host.reached([host.api('1.0.0')]);
    await host.reached([host.api('1.1.0')]);
    const watched = host.host.events();
    const report = await host.reached([host.api('1.0.0')]);
    expect(report).toMatchObject({ outcome: 'done', now: 'new' });
    const actions = (await watched.stop()).writes().map(({ action }) => action);
    expect(actions).toContain('start');
    expect(actions).not.toContain('create');
    expect(await host.served()).toBe('1.0.0');
  });

  it('lets several services wait for their health at the same time, in the order of their needs', async () => {
    const slow = { ports: [], minHealthyMs: 2_000 };
    const other = (service: string, more = {}) => ({
      ...host.api('1.0.0', { ...slow, ...more }),
      service: service as never,
    });
    const report = await host.reached([
      other('one'),
      other('two'),
      other('three'),
      other('last', { needs: ['one'], minHealthyMs: 0 }),
    ]);
    expect(report.outcome).toBe('done');
    const order = host.progress.filter(({ phase }) => phase === 'starting');
    expect(order.map(({ service }) => service)).toEqual(['one', 'two', 'three', 'last']);
    const told = host.progress.map(({ service, phase }) => `${service} ${phase}`);
    expect(told.indexOf('two starting')).toBeLessThan(told.indexOf('one healthy'));
    expect(told.indexOf('three starting')).toBeLessThan(told.indexOf('one healthy'));
    expect(told.indexOf('last starting')).toBeGreaterThan(told.indexOf('one healthy'));
  });
});

describe('a probe', () => {
  const timing = { intervalMs: 200, timeoutMs: 2_000, startMs: 15_000, retries: 2 };
  const busybox = (...words: string[]) => ['/bin/busybox', ...words];
  const up = busybox('wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:8080/up');

  it.each([
    ['tcp', { kind: 'tcp', port: 8080 }],
    ['exec', { kind: 'exec', command: up }],
    ['image', { kind: 'image' }],
    ['none', { kind: 'none' }],
  ] as const)('of kind %s says when it is healthy, also the second time', async (_, kind) => {
    const healthcheck = { ...kind, ...timing } as ContainerSpec['healthcheck'];
    const first = await host.reached([host.api('1.0.0', { healthcheck })]);
    expect(first).toMatchObject({ outcome: 'done', now: 'new' });
    const watched = host.host.events();
    const again = await host.reached([host.api('1.0.0', { healthcheck })]);
    expect(again).toMatchObject({ outcome: 'done', writes: 0, running: [{ health: 'healthy' }] });
    expect((await watched.stop()).writes()).toEqual([]);
  });

  it('that is wrong is gone back from, like everything else that is wrong', async () => {
    await host.reached([host.api('1.0.0')]);
    const healthcheck = { kind: 'tcp', port: 8081, ...timing, startMs: 1_000 } as const;
    const report = await host.reached([host.api('1.0.0', { healthcheck })]);
    expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: true });
    expect(report.failures[0]?.probe).toMatch(/:8081: nothing listens there$/);
    expect(await host.served()).toBe('1.0.0');
  });

  it('inside the container tells what it printed', async () => {
    await host.reached([host.api('1.0.0')]);
    const command = busybox('sh', '-c', 'echo the queue is full; exit 3');
    const healthcheck = { kind: 'exec', command, ...timing, startMs: 1_000 } as const;
    const report = await host.reached([host.api('1.1.0', { healthcheck })]);
    expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: true });
    expect(report.failures[0]?.probe).toMatch(/exited with 3: "the queue is full"$/);
  });
});

describe('a desire that fails', () => {
  it('goes back from a version that exits, and says why with all its evidence', async () => {
    await host.reached([host.api('1.0.0')]);
    const report = await host.reached([host.api('1.2.0')]);
    expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: true });
    const [failure] = report.failures;
    expect(failure).toMatchObject({
      ...{ code: 'CONTAINER_EXITED', service: 'api', phase: 'healthy', exitCode: 1 },
      at: { file: 'services/api.yaml', line: 1, column: 1 },
    });
    expect(failure?.message).toMatch(/^it exited with 1/);
    expect(failure?.logs).toContain('cannot open the database');
    expect(await host.served()).toBe('1.0.0');
    // What failed is not left over.
    expect(Object.values(await host.containers())).toEqual(['running']);
    expect(report.running[0]).toMatchObject({ tag: '1.0.0', health: 'healthy' });
  });

  it('sees an end that Docker hides by starting it again', async () => {
    await host.reached([host.api('1.0.0')]);
    const report = await host.reached([host.api('1.2.0', { restart: { policy: 'always' } })]);
    expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: true });
    expect(report.failures[0]?.code).toBe('CONTAINER_EXITED');
    expect(await host.served()).toBe('1.0.0');
  });

  it('goes back from a version that turns unhealthy while it is watched', async () => {
    await host.reached([host.api('1.0.0')]);
    const report = await host.reached([host.api('1.3.0', { minHealthyMs: 8_000 })]);
    expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: true });
    expect(report.failures[0]?.code).toBe('CONTAINER_UNHEALTHY');
    expect(report.failures[0]?.probe).toMatch(/^HTTP 500 from http:\/\/.*\/up: "the database/);
    expect(await host.served()).toBe('1.0.0');
  });

  it('goes back from a version that never answers well', async () => {
    await host.reached([host.api('1.0.0')]);
    const healthcheck = { ...host.api('1.4.0').healthcheck, startMs: 1_500 };
    const report = await host.reached([host.api('1.4.0', { healthcheck })]);
    expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: true });
    expect(report.failures[0]?.message).toBe('it was not healthy within 1.5 s of its start');
    expect(await host.served()).toBe('1.0.0');
  });

  it('goes back from a command that cannot be started', async () => {
    await host.reached([host.api('1.0.0')]);
    const report = await host.reached([host.api('1.1.0', { entrypoint: ['/no/such'] })]);
    expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: true });
    expect(report.failures[0]).toMatchObject({ code: 'CONTAINER_COMMAND', phase: 'start' });
    expect(await host.served()).toBe('1.0.0');
  });

  it('stays where it is when a person wants to look', async () => {
    await host.reached([host.api('1.0.0')]);
    const report = await host.reached([host.api('1.2.0')], { onFailure: 'pause' });
    expect(report).toMatchObject({ outcome: 'failed', now: 'down', reverted: false });
    expect(await host.served()).toBeUndefined();
    expect(Object.keys(await host.containers())).toHaveLength(2);
  });

  it('leaves a host as it was where nothing ran before', async () => {
    const report = await host.reached([host.api('1.2.0')]);
    expect(report).toMatchObject({ outcome: 'failed', reverted: true, running: [] });
    expect(await host.containers()).toEqual({});
  });

  it('touches nothing when an image cannot be pulled', async () => {
    await host.reached([host.api('1.0.0')]);
    const image = { ...host.image('1.1.0'), digest: `sha256:${'0'.repeat(64)}` };
    const watched = host.host.events();
    const report = await host.reached([host.api('1.0.0', { image })]);
    expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: false, writes: 0 });
    expect(report.failures[0]).toMatchObject({ code: 'IMAGE_NOT_FOUND', phase: 'pull' });
    expect((await watched.stop()).writes()).toEqual([]);
    expect(await host.served()).toBe('1.0.0');
  });

  it('names the stranger that holds the port, and stops nothing', async () => {
    const { repository, digest } = host.image('1.0.0');
    const stranger = ['run', '--detach', '--name', 'stranger', '--publish', '18080:8080'];
    await host.reached([host.api('1.1.0', { ports: [] })]);
    await host.host.docker(...stranger, `${repository}@${digest}`);
    try {
      const report = await host.reached([host.api('1.1.0')]);
      expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: false, writes: 0 });
      expect(report.failures[0]?.code).toBe('PORT_TAKEN');
      expect(report.failures[0]?.message).toContain('stranger');
      expect(await host.running()).toHaveLength(1);
    } finally {
      await host.host.docker('rm', '--force', 'stranger');
    }
  });
});

describe('a desire that is only fetched', () => {
  it('pulls, and touches nothing', async () => {
    await host.reached([host.api('1.0.0')]);
    const { repository, digest } = host.image('1.1.0');
    await host.host.forgetImages();
    const before = await host.containers();
    const report = await host.reached([host.api('1.1.0')], { mode: 'pull' });
    expect(report).toMatchObject({ outcome: 'done', mode: 'pull', now: 'old', writes: 1 });
    expect(await host.containers()).toEqual(before);
    expect(await host.host.docker('images', '--digests')).toContain(digest);
    expect(repository).toContain('api');
    expect(await host.served()).toBe('1.0.0');
  });

  it('waits for a registry that is away, until that is back', async () => {
    await host.host.forgetImages();
    await host.fleet.registry.stop();
    const desire = host.desire([host.api('1.1.0')], { mode: 'pull' });
    try {
      await until('it waits', async () =>
        host.progress.some(({ phase, detail }) => phase === 'waiting' && detail.includes('again')),
      );
    } finally {
      await host.fleet.registry.start();
    }
    expect(await host.report(desire)).toMatchObject({ outcome: 'done', mode: 'pull' });
  });

  it('ends its waiting when a newer desire comes', async () => {
    await host.reached([host.api('1.0.0')]);
    await host.host.forgetImages();
    await host.fleet.registry.stop();
    try {
      const desire = host.desire([host.api('1.1.0')], { mode: 'pull' });
      await until('it waits', async () => host.progress.some(({ phase }) => phase === 'waiting'));
      const next = await host.reached([host.api('1.0.0')]);
      expect(next).toMatchObject({ outcome: 'done', writes: 0 });
      expect(host.reports.some(({ generation }) => generation === desire.generation)).toBe(false);
    } finally {
      await host.fleet.registry.start();
    }
  });
});

describe('a newer desire', () => {
  it('breaks an older one off at a safe point, and ends right', async () => {
    await host.reached([host.api('1.0.0')]);
    const older = host.desire([host.api('1.5.0', { minHealthyMs: 60_000 })]);
    await until('the older is waited for', async () =>
      host.progress.some(
        ({ generation, phase }) => generation === older.generation && phase === 'checking',
      ),
    );
    const report = await host.reached([host.api('1.1.0')]);
    expect(report).toMatchObject({ outcome: 'done', now: 'new' });
    expect(host.reports.some(({ generation }) => generation === older.generation)).toBe(false);
    expect(await host.served()).toBe('1.1.0');
    expect(await host.running()).toHaveLength(1);
  });

  it('that fails goes back to what was good, not to what was broken off', async () => {
    await host.reached([host.api('1.0.0')]);
    const older = host.desire([host.api('1.5.0', { minHealthyMs: 60_000 })]);
    await until('the older is waited for', async () =>
      host.progress.some(
        ({ generation, phase }) => generation === older.generation && phase === 'checking',
      ),
    );
    const report = await host.reached([host.api('1.2.0')]);
    expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: true });
    expect(await host.served()).toBe('1.0.0');
  });

  it('that is older than the newest is not followed; the same again is answered again', async () => {
    const first = host.desire([host.api('1.0.0')]);
    const { generation } = await host.report(first);
    host.reports.length = 0;
    host.master.desire(host.id, first);
    expect(await host.report(first)).toMatchObject({ generation, outcome: 'done' });
    host.reports.length = 0;
    host.master.desire(host.id, { ...first, generation: generation - 1 });
    await host.master.call(host.id, { verb: 'ping' }, 5_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(host.reports).toEqual([]);
  });
});

describe('an environment that is emptied', () => {
  it('leaves nothing of its own, and everything of others', async () => {
    const { repository, digest } = host.image('1.0.0');
    await host.host.docker('run', '--detach', '--name', 'stranger', `${repository}@${digest}`);
    try {
      await host.reached([host.api('1.0.0')]);
      await host.reached([host.api('1.1.0')]);
      const report = await host.reached([]);
      expect(report).toMatchObject({ outcome: 'done', running: [] });
      expect(await host.containers()).toEqual({});
      expect(await host.host.docker('network', 'ls', '--format', '{{.Name}}')).not.toContain(
        'beta',
      );
      expect(await host.host.docker('ps', '--format', '{{.Names}}')).toContain('stranger');
    } finally {
      await host.host.docker('rm', '--force', 'stranger');
    }
  });
});

describe('what the master asks', () => {
  it('is answered from what is there now', async () => {
    await host.reached([host.api('1.0.0')]);
    const asked = { verb: 'plan', state: stateOf(beta, [host.api('1.1.0')]) } as const;
    const planned = await host.master.call(host.id, asked, 5_000);
    expect(planned.switches).toMatchObject([{ service: 'api', order: 'stop-first' }]);
    expect(planned.running).toMatchObject([{ service: 'api', tag: '1.0.0' }]);
    const wanted = { verb: 'logs', environment: beta, service: 'api', lines: 5 } as const;
    const { lines } = await host.master.call(host.id, wanted, 5_000);
    expect(lines.join('\n')).toContain('version 1.0.0 listens');
    await expect(
      host.master.call(host.id, { ...wanted, service: 'nobody' }, 5_000),
    ).rejects.toThrow(/no container of nobody/);
  });
});
