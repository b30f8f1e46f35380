// What the tests on real hosts rely on: hosts apart from each other, and faults that are real ones.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, type Host } from './fleet.ts';
import { buildService, type Behaviour, type Built } from './images.ts';
import { sleep } from './process.ts';

let fleet: Fleet;
let other: Fleet;
const built = new Map<Behaviour, Built>();

const host = (index: number): Host => {
  const found = fleet.hosts[index];
  if (found === undefined) throw new Error(`no host ${index}`);
  return found;
};

const reference = (behaviour: Behaviour): string => built.get(behaviour)?.reference ?? '';

/** What a host answers, `silence` where nothing comes. */
async function ask(address: string, path = '/'): Promise<string> {
  try {
    const signal = AbortSignal.timeout(1_000);
    const answer = await fetch(`http://${address}:18080${path}`, { signal });
    return `${answer.status} ${(await answer.text()).trim()}`;
  } catch {
    return 'silence';
  }
}

async function within(ms: number, check: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (Date.now() < deadline) {
    if (await check()) return true;
    await sleep(50);
  }
  return false;
}

/** A container of that temper on a host, and none before it. */
async function serve(on: Host, behaviour: Behaviour): Promise<void> {
  await on.docker('rm', '--force', 'api').catch(() => '');
  const args = ['run', '--detach', '--name', 'api', '--publish', '18080:8080'];
  await on.docker(...args, '--restart', 'always', reference(behaviour));
}

beforeAll(async () => {
  [fleet, other] = await Promise.all([
    Fleet.start({ hosts: 2, registry: true }),
    Fleet.start({ hosts: 1, registry: true, name: 'other' }),
  ]);
  const registry = fleet.registryAddress;
  for (const behaviour of ['good', 'unhealthy', 'exits', 'stubborn'] as const) {
    const version = `1.0.0-${behaviour}`;
    const wanted = { registry, repository: 'team/api', version, behaviour };
    built.set(behaviour, await buildService(host(0), wanted));
  }
});

afterAll(async () => {
  await fleet?.close();
  await other?.close();
});

describe('hosts', () => {
  it('have an Engine, an address and a name of their own', async () => {
    const hosts = [...fleet.hosts, ...other.hosts];
    expect(hosts.map(({ name }) => name)).toEqual(['host-1', 'host-2', 'other-1']);
    expect(new Set(hosts.map(({ address }) => address)).size).toBe(3);
    const roots = await Promise.all(
      hosts.map((one) => one.docker('info', '--format', '{{.DockerRootDir}}')),
    );
    expect(new Set(roots).size).toBe(3);
  });

  it('pull what another host has pushed, by its digest', async () => {
    await host(1).docker('pull', '--quiet', reference('good'));
    expect(built.get('good')?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('run processes that see their network alone', async () => {
    const [seen] = fleet.hosts.map((one) => one.spawn('ip', ['-brief', 'address']).exited);
    const { code, out } = (await seen) ?? { code: 1, out: '' };
    expect(code).toBe(0);
    expect(out).toContain(`${host(0).address}/`);
    expect(out).not.toContain(`${fleet.bridgeAddress}/`);
  });

  it('end processes that do not exist with a code', async () => {
    expect((await fleet.spawn('no-such-program', []).exited).code).toBe(127);
  });
});

describe('a service', () => {
  it('answers with its version, and goes at once when told to', async () => {
    await serve(host(0), 'good');
    expect(await within(5_000, async () => (await ask(host(0).address)) === '200 1.0.0-good')).toBe(
      true,
    );
    expect(await ask(host(0).address, '/up')).toBe('200 up');
    await host(0).docker('stop', 'api');
    // One that had to be killed ends with 137.
    const state = ['inspect', '--format', '{{.State.ExitCode}}', 'api'];
    expect((await host(0).docker(...state)).trim()).toBe('0');
  });

  it('turns unhealthy after three seconds where that is its temper', async () => {
    await serve(host(0), 'unhealthy');
    const { address } = host(0);
    expect(await within(3_000, async () => (await ask(address, '/up')).startsWith('200'))).toBe(
      true,
    );
    expect(await within(6_000, async () => (await ask(address, '/up')).startsWith('500'))).toBe(
      true,
    );
    expect(await ask(address)).toBe('200 1.0.0-unhealthy');
  });

  it('exits with its reason where that is its temper', async () => {
    const run = host(0).docker('run', '--rm', reference('exits'));
    await expect(run).rejects.toThrow('cannot open the database');
  });
});

describe('faults', () => {
  it('a host that is cut off is silent, and is there again when it is mended', async () => {
    await serve(host(0), 'good');
    await serve(host(1), 'good');
    const both = () => Promise.all(fleet.hosts.map(({ address }) => ask(address)));
    const here = '200 1.0.0-good';
    expect(await within(5_000, async () => (await both()).every((one) => one === here))).toBe(true);
    host(0).cut();
    expect(await both()).toEqual(['silence', here]);
    // The Engine is reached past the network, as somebody at the machine's console would.
    expect(await host(0).docker('ps', '--quiet')).not.toBe('');
    host(0).mend();
    expect(await within(5_000, async () => (await ask(host(0).address)) === here)).toBe(true);
  });

  it('an Engine that is killed does not answer; started again it has what it had', async () => {
    await serve(host(0), 'good');
    await host(0).killDocker();
    await expect(host(0).docker('ps')).rejects.toThrow(/daemon/);
    await host(0).startDocker();
    const names = ['ps', '--format', '{{.Names}}'];
    const back = async () => (await host(0).docker(...names)).trim() === 'api';
    expect(await within(10_000, back)).toBe(true);
    await host(0).killDocker();
    await host(0).startDocker();
  });

  it('a registry that is stopped does not answer; started again it has what it had', async () => {
    await fleet.registry.stop();
    const pull = () => host(1).docker('pull', '--quiet', reference('stubborn'));
    await expect(pull()).rejects.toThrow(/refused/);
    await fleet.registry.start();
    await pull();
  });
});

describe('events', () => {
  it('tell what an Engine has written, and not what it was asked', async () => {
    await serve(host(1), 'good');
    const quiet = host(1).events();
    await host(1).docker('ps', '--all');
    await host(1).docker('exec', 'api', '/bin/busybox', 'true');
    await sleep(1_500);
    const read = await quiet.stop();
    expect(read.writes()).toEqual([]);
    expect(read.all.map(({ action }) => action.split(':')[0])).toContain('exec_create');

    const busy = host(1).events();
    const from = Date.now();
    await host(1).docker('stop', 'api');
    // Also of an image that is there: who asks for nothing new does not pull.
    await host(1).docker('pull', '--quiet', reference('good'));
    const writes = (await busy.stop()).writes();
    expect(writes.map(({ action }) => action)).toEqual([
      ...['kill', 'die', 'disconnect', 'stop', 'pull'],
    ]);
    expect(writes.map(({ name }) => name).slice(0, 4)).toEqual(['api', 'api', 'bridge', 'api']);
    for (const { at } of writes) expect(Math.abs(at - from)).toBeLessThan(5_000);
  });

  it('tell on when the Engine was killed and started in between', async () => {
    await serve(host(1), 'good');
    const watch = host(1).events();
    await host(1).docker('restart', 'api');
    await host(1).killDocker();
    await host(1).startDocker();
    await host(1).docker('rm', '--force', 'api');
    const actions = (await watch.stop()).writes().map(({ action }) => action);
    expect(actions).toContain('restart');
    expect(actions).toContain('destroy');
  });
});
