// What happens to a host between two desires: things that die, are removed, stopped, paused, renamed;
// an Engine, a minion and a link that go away and come back; a disk that is full.
// Long because all of it happens to one host, which is slow to start.

import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import type { StatusView } from '../../minion/status.ts';
import { until } from '../e2e/product.ts';
import { freeLostPort } from '../fleet/lost-port.ts';
import { ownHost } from '../fleet/one.ts';
import { MinionHost } from './minion-host.ts';

let host: MinionHost;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  host = await MinionHost.start();
  await host.build('1.0.0');
  await host.build('1.1.0');
  await host.build('1.2.0', 'exits');
});

afterAll(() => host?.close());

beforeEach(async () => {
  await host.clear();
  await host.reached([host.api('1.0.0')]);
});

/** The name of the one container that runs. */
async function api(): Promise<string> {
  const [name] = await host.running();
  if (name === undefined) throw new Error('nothing runs');
  return name;
}

/** Until the service answers again, in ms from now. */
async function healed(): Promise<number> {
  const from = Date.now();
  await until('it answers again', async () => (await host.served()) === '1.0.0', 20_000);
  return Date.now() - from;
}

const told = (words: RegExp): Promise<void> =>
  until(`a drift is told: ${words}`, async () => host.drifts.some(({ what }) => words.test(what)));

/** The listener is stopped, the container runs on. */
async function freeze(name: string, test: TestContext): Promise<void> {
  ownHost(host.host, test);
  const top = await host.host.docker('top', name, '-eo', 'pid,args');
  const listener = top.split('\n').find((line) => line.includes('nc -ll'));
  process.kill(Number.parseInt(listener ?? '', 10), 'SIGSTOP');
}

describe('a container that somebody', () => {
  it.each([
    ['killed', ['kill'], /ended with exit code 137/],
    ['stopped', ['stop', '--time', '1'], /stopped|ended with exit code/],
    ['removed', ['rm', '--force'], /removed|ended with exit code/],
    ['paused', ['pause'], /paused/],
  ] as const)('%s is put right, and that is told', async (_, command, words) => {
    const name = await api();
    await host.host.docker(...command, name);
    await told(words);
    await healed();
    const drift = host.drifts.find(({ what }) => words.test(what));
    expect(drift).toMatchObject({ service: 'api', container: name, action: 'repaired' });
    expect(await host.running()).toEqual([name]);
  });

  it('took out of its network is made anew in it', async () => {
    const name = await api();
    await host.host.docker('network', 'disconnect', '--force', 'starfall-beta', name);
    await told(/it runs without its network, so it is made anew/);
    await healed();
    expect(await host.running()).toEqual([name]);
    const drift = host.drifts.find(({ what }) => what.includes('without its network'));
    expect(drift).toMatchObject({ service: 'api', container: name, action: 'repaired' });
    expect(drift).toMatchObject({ release: '0123abcd', commit: null });
  });

  it('took out of another of its networks, or removed that, is put right in all of them', async () => {
    const players = 'starfall-beta_players';
    const networks = ['starfall-beta', players].map((network) => ({ network, aliases: ['api'] }));
    await host.reached([host.api('1.0.0', { networks })]);
    const name = await api();
    const isBack = async (): Promise<boolean> => {
      const format = '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}';
      const [running] = await host.running();
      if (running !== name || (await host.served()) !== '1.0.0') return false;
      const joined = await host.host.docker('inspect', '--format', format, name);
      return joined.trim() === networks.map(({ network }) => network).join(' ');
    };
    await host.host.docker('network', 'disconnect', '--force', players, name);
    await told(/it runs without its network, so it is made anew/);
    await until('it is in both again', isBack);
    // A minion that looks would have joined it again before it can go.
    await host.killMinion();
    await host.host.docker('network', 'disconnect', '--force', players, name);
    await host.host.docker('network', 'rm', players);
    host.startMinion();
    await host.linked();
    await until('it is in both again', isBack);
  });

  it('renamed gets its name back without being touched', async () => {
    const name = await api();
    const watched = host.host.events();
    await host.host.docker('rename', name, 'mine');
    await told(/renamed to mine/);
    expect(await host.running()).toEqual([name]);
    const actions = (await watched.stop()).writes().map(({ action }) => action);
    expect(actions).toEqual(['rename', 'rename']);
  });

  it('killed is left to Docker where Docker starts it again', async (test) => {
    ownHost(host.host, test);
    await host.reached([host.api('1.0.0', { restart: { policy: 'always' } })]);
    const name = await api();
    const watched = host.host.events();
    await host.host.docker('exec', name, '/bin/busybox', 'kill', '-9', '1').catch(() => '');
    // PID 1 of a namespace is not killed from inside; from outside it is nobody's `docker kill`.
    const pid = await host.host.docker('inspect', '--format', '{{.State.Pid}}', name);
    process.kill(Number(pid.trim()), 'SIGKILL');
    await told(/ended with exit code 137; it runs again/);
    const actions = (await watched.stop()).writes().map(({ action }) => action);
    expect(actions.filter((action) => action === 'start')).toHaveLength(1);
    expect(actions).not.toContain('stop');
  });
});

describe('what is put right', () => {
  it('runs again upon the Engine’s own word, started once', async () => {
    const name = await api();
    const watched = host.host.events();
    await host.host.docker('kill', name);
    await healed();
    const writes = (await watched.stop()).writes();
    const told = writes.map(({ action }) => action).filter((each) => /^(die|start)$/.test(each));
    expect(told).toEqual(['die', 'start']);
  });
});

describe('a container that keeps dying', () => {
  it('is started again at a growing pace, and told once', async () => {
    const name = await api();
    const watched = host.host.events();
    const kill = async (): Promise<void> => {
      for (let turn = 0; turn < 40; turn += 1) {
        await host.host.docker('kill', name).catch(() => '');
        await sleep(250);
      }
    };
    await kill();
    const starts = (await watched.stop()).writes().filter(({ action }) => action === 'start');
    // At once, then after 1 s, 2 s, 4 s, …: not forty times.
    expect(starts.length).toBeGreaterThanOrEqual(2);
    expect(starts.length).toBeLessThan(8);
    await healed();
    expect(host.drifts.length).toBeLessThanOrEqual(3);
  });
});

describe('a service that turns unhealthy', () => {
  it('is restarted', async (test) => {
    const name = await api();
    await freeze(name, test);
    await told(/turned unhealthy: no answer from http/);
    await healed();
    expect(await host.running()).toEqual([name]);
  });

  it('by its image’s own word is restarted too', async (test) => {
    const timing = { intervalMs: 200, timeoutMs: 2_000, startMs: 15_000, retries: 2 };
    await host.reached([host.api('1.0.0', { healthcheck: { kind: 'image', ...timing } })]);
    const name = await api();
    await freeze(name, test);
    await told(/HEALTHCHECK says that it is unhealthy/);
    await healed();
    expect(await host.running()).toEqual([name]);
  });
});

describe('the Docker Engine', () => {
  it('may be killed and started: what should run does again', async (test) => {
    const own = ownHost(host.host, test);
    await own.killDocker();
    await sleep(500);
    await own.startDocker();
    await healed();
    const report = await host.reached([host.api('1.1.0')]);
    expect(report).toMatchObject({ outcome: 'done', now: 'new' });
  });

  it('may be killed in the middle of a change: the change ends right', async (test) => {
    const own = ownHost(host.host, test);
    const desire = host.desire([host.api('1.1.0', { minHealthyMs: 2_000 })]);
    await until('it is under way', async () =>
      host.progress.some(
        ({ generation, phase }) => generation === desire.generation && phase === 'starting',
      ),
    );
    await own.killDocker();
    await sleep(500);
    await own.startDocker();
    const reported = host.report(desire, 60_000);
    await freeLostPort(own, reported);
    // What Docker forgets is made anew, and no version is to blame for it: there is no going back.
    expect(await reported).toMatchObject({ outcome: 'done', now: 'new', failures: [] });
    expect((await reported).running).toMatchObject([{ tag: '1.1.0', health: 'healthy' }]);
    expect(await host.served()).toBe('1.1.0');
    expect(Object.values(await host.containers()).sort()).toEqual(['exited', 'running']);
    await sleep(1_000);
    expect(host.reports.filter((each) => each.generation === desire.generation)).toHaveLength(1);
  });
});

describe('the minion', () => {
  it('killed in the middle of a change goes on with it, and reports it once', async () => {
    const desire = host.desire([host.api('1.1.0', { minHealthyMs: 1_500 })]);
    await until('it is under way', async () =>
      host.progress.some(
        ({ generation, phase }) => generation === desire.generation && phase === 'stopping',
      ),
    );
    await host.killMinion();
    host.startMinion();
    expect(await host.report(desire)).toMatchObject({ outcome: 'done', now: 'new' });
    await sleep(1_000);
    const reports = host.reports.filter(({ generation }) => generation === desire.generation);
    expect(reports).toHaveLength(1);
    expect(await host.served()).toBe('1.1.0');
  });

  it('killed while it goes back does not try the bad version again', async () => {
    const desire = host.desire([host.api('1.2.0')]);
    await until('it goes back', async () =>
      host.progress.some(
        ({ generation, phase }) => generation === desire.generation && phase === 'reverting',
      ),
    );
    await host.killMinion();
    const watched = host.host.events();
    host.startMinion();
    const report = await host.report(desire);
    expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: true });
    expect(report.failures[0]?.logs).toContain('cannot open the database');
    const started = (await watched.stop()).writes().filter(({ action }) => action === 'start');
    const bad = started.filter(({ labels }) => labels.image?.includes(host.image('1.2.0').digest));
    expect(bad).toEqual([]);
    expect(await host.served()).toBe('1.0.0');
  });

  it('killed with one desire to run and a newer one to fetch goes on with both', async () => {
    await host.host.docker('image', 'rm', '--force', host.reference('1.2.0'));
    const run = host.desire([host.api('1.1.0', { minHealthyMs: 4_000 })]);
    await until('it is under way', async () =>
      host.progress.some(
        ({ generation, phase }) => generation === run.generation && phase === 'checking',
      ),
    );
    await host.fleet.registry.stop();
    const fetch = host.desire([host.api('1.2.0')], { mode: 'pull' });
    await until('it waits', async () =>
      host.progress.some(
        ({ generation, phase }) => generation === fetch.generation && phase === 'waiting',
      ),
    );
    await host.killMinion();
    await host.fleet.registry.start();
    host.startMinion();
    expect(await host.report(run)).toMatchObject({ outcome: 'done', now: 'new' });
    expect(await host.report(fetch)).toMatchObject({ outcome: 'done', mode: 'pull', writes: 1 });
    expect(await host.served()).toBe('1.1.0');
  });

  it('that has lost its journal still finds the way back from what fails', async () => {
    await host.killMinion();
    await rm(join(host.minionDir, 'journal'));
    host.startMinion();
    await host.linked();
    const report = await host.reached([host.api('1.2.0')]);
    expect(report).toMatchObject({ outcome: 'failed', now: 'old', reverted: true });
    expect(await host.served()).toBe('1.0.0');
    expect(Object.values(await host.containers())).toEqual(['running']);
  });

  it('started again while the master is away repairs what died, and tells it later', async (test) => {
    const own = ownHost(host.host, test);
    await host.killMinion();
    await host.host.docker('rm', '--force', await api());
    own.cut();
    try {
      host.startMinion();
      await until('it runs again', async () => (await host.running()).length === 1, 20_000);
      expect(host.drifts).toEqual([]);
    } finally {
      own.mend();
    }
    await host.linked();
    await until('the drift is told', async () => host.drifts.length > 0);
    expect(host.drifts[0]).toMatchObject({ service: 'api', action: 'repaired' });
  });

  it('started again touches nothing that is right', async () => {
    const watched = host.host.events();
    await host.killMinion('SIGTERM');
    host.startMinion();
    await host.linked();
    await sleep(1_500);
    expect((await watched.stop()).writes()).toEqual([]);
    expect(host.hellos.at(-1)?.accepted).toMatchObject([{ environment: 'beta' }]);
    expect(host.hellos.at(-1)?.facts).toMatchObject({
      ...{ id: host.host.name, address: host.host.address, os: 'linux' },
      docker: expect.stringMatching(/^\d+\.\d+/) as string,
    });
  });

  it('asked to end leaves what runs', async () => {
    await host.killMinion('SIGTERM');
    expect(await host.served()).toBe('1.0.0');
    host.startMinion();
    await host.linked();
  });

  it('is alone in its directory, and after a kill not in its own way', async () => {
    const second = await host.minion('start');
    expect(second.code).toBe(1);
    expect(second.err).toMatch(/a minion runs on this directory \[MINION_BUSY\]/);
    await host.killMinion();
    host.startMinion();
    await host.linked();
  });

  it('tells how it is', async () => {
    const shown = await host.minion('status');
    expect(shown.err).toBe('');
    expect(shown.out).toMatch(/linked for \d+ s/);
    expect(shown.out).toMatch(/beta: holding, release 0123abcd, generation \d+/);
    expect(shown.out).toMatch(/api +healthy +1\.0\.0 +starfall-beta-api-1-/);
    const status = JSON.parse((await host.minion('status', '--json')).out) as StatusView;
    expect(status).toMatchObject({ id: host.host.name, link: { linked: true } });
    expect(status.environments[0]?.running?.[0]).toMatchObject({ service: 'api', slot: 1 });
    expect((await stat(join(host.minionDir, 'minion.sock'))).mode & 0o777).toBe(0o600);
  });
});

describe('the journal', () => {
  it('that is damaged is put aside and told; the master says all anew', async () => {
    await host.killMinion();
    const path = join(host.minionDir, 'journal');
    const bytes = await readFile(path);
    bytes[Math.floor(bytes.length / 3)] = 0;
    await writeFile(path, bytes);
    host.hellos.length = 0;
    host.startMinion();
    await host.linked();
    expect(host.hellos.at(-1)?.accepted).toEqual([]);
    expect(await readFile(host.log, 'utf8')).toMatch(/the journal is not obeyed/);
    expect((await host.minion('status')).out).toMatch(/journal {2}the journal is damaged: line/);
    // What runs is not touched by that.
    expect(await host.served()).toBe('1.0.0');
    const report = await host.reached([host.api('1.0.0')]);
    expect(report).toMatchObject({ outcome: 'done', writes: 0 });
  });
});
