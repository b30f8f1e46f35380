// The main job on three real Docker hosts, as a user runs it: apply, apply again, upgrade, a bad
// version, a version that cannot be pulled.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildService, type Behaviour, type Built } from '../fleet/images.ts';
import type { Host } from '../fleet/fleet.ts';
import { Product } from './product.ts';
import { port, statesFor, versionFile, type Wanted } from './states.ts';

let product: Product;
const versions = new Map<string, Built>();

const build = async (version: string, behaviour: Behaviour): Promise<void> => {
  const registry = product.fleet.registryAddress;
  const [host] = product.fleet.hosts;
  if (host === undefined) throw new Error('no host');
  versions.set(
    version,
    await buildService(host, { registry, repository: 'api', version, behaviour }),
  );
};

const wanted = (tag: string, more: Partial<Wanted> = {}): Wanted => ({
  registry: product.fleet.registryAddress,
  version: { tag },
  ...more,
});

/** What the version that turns unhealthy writes to its log then. */
const ill = 'GET /up: 500, the database does not answer';
const probed = /HTTP 500 from http:\/\/[\d.]+:8080\/up/;

/** Every managed container of a host: name → state. */
async function containers(host: Host): Promise<Record<string, string>> {
  const text = await host.docker(
    ...['ps', '--all', '--filter', 'label=brine.project=starfall'],
    ...['--format', '{{.Names}} {{.State}}'],
  );
  const lines = text.split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => line.split(' ') as [string, string]));
}

beforeAll(async () => {
  product = await Product.start(3);
  await build('1.0.0', 'good');
  await build('1.1.0', 'good');
  await build('1.2.0', 'exits');
  await build('1.3.0', 'unhealthy');
  await product.commit('Run api 1.0.0 in beta', statesFor(wanted('1.0.0')));
  await product.joinAll(['role=app', 'ring=beta']);
});

afterAll(() => product?.close());

describe('master apply on three hosts', () => {
  it('says first what it would do, and writes nothing', async () => {
    const planned = await product.master('plan', 'beta', '--exit-code');
    expect(planned.err).toBe('');
    expect(planned.code).toBe(2);
    expect(planned.out).toContain('api');
    for (const host of product.fleet.hosts) expect(await containers(host)).toEqual({});
  });

  it('brings every host to the state', async () => {
    const applied = await product.master('apply', 'beta', '--yes');
    expect(applied.err).toBe('');
    expect(applied.code).toBe(0);
    expect(await product.served(port)).toEqual(['1.0.0', '1.0.0', '1.0.0']);
  });

  it('does nothing the second time, by the engines’ own word', async () => {
    const watched = product.fleet.hosts.map((host) => host.events());
    const applied = await product.master('apply', 'beta', '--yes');
    expect(applied.code).toBe(0);
    expect(applied.out).toMatch(/nothing to do/i);
    const writes = await Promise.all(watched.map(async (events) => (await events.stop()).writes()));
    expect(writes).toEqual([[], [], []]);
    const planned = await product.master('plan', 'beta', '--exit-code');
    expect(planned.code).toBe(0);
  });

  it('upgrades one host at a time', async () => {
    await product.commit('Run api 1.1.0 in beta', versionFile({ tag: '1.1.0' }));
    const watched = product.fleet.hosts.map((host) => host.events());
    const applied = await product.master('apply', 'beta', '--yes');
    expect(applied.code).toBe(0);
    expect(await product.served(port)).toEqual(['1.1.0', '1.1.0', '1.1.0']);
    const spans = await Promise.all(
      watched.map(async (events) => {
        const writes = (await events.stop()).writes();
        const switched = writes.filter((e) => ['kill', 'die', 'start'].includes(e.action));
        expect(switched.map((e) => e.action)).toEqual(expect.arrayContaining(['die', 'start']));
        const times = switched.map((e) => e.at);
        return [Math.min(...times), Math.max(...times)] as const;
      }),
    );
    expect(spans).toHaveLength(3);
    for (const [from, to] of spans) expect(to).toBeGreaterThan(from);
    const inOrder = [...spans].sort((a, b) => a[0] - b[0]);
    inOrder.slice(1).forEach((span, index) => {
      expect(span[0]).toBeGreaterThan(inOrder[index]?.[1] ?? Infinity);
    });
  });

  it('goes back from a version that exits, and says why with its log lines', async () => {
    await product.commit('Run api 1.2.0 in beta', versionFile({ tag: '1.2.0' }));
    const applied = await product.master('apply', 'beta', '--yes');
    expect(applied.code).toBe(3);
    expect(applied.out + applied.err).toContain('cannot open the database');
    expect(applied.out + applied.err).toMatch(/exit code 1|exited with 1/);
    expect(applied.out + applied.err).toContain('services/api.yaml:1');
    expect(await product.served(port)).toEqual(['1.1.0', '1.1.0', '1.1.0']);
  });

  it('goes back from a version that turns unhealthy, on every host, and says of each why', async () => {
    // Each host is to fail by itself, before the rollout as a whole does.
    const rollout = '{ batch: 3, min_healthy: 6s, progress: 60s, max_failures: 2 }';
    await product.commit('Run api 1.3.0 in beta', statesFor(wanted('1.3.0', { rollout })));
    const applied = await product.master('apply', 'beta', '--yes');
    expect(applied.code).toBe(3);
    const events = await product.events();
    const id = events.findLast(({ kind }) => kind === 'rollout')?.rollout;
    // In whatever phase a host tells of its failures: failed, or reverted already.
    const told = events.filter(({ rollout, failures }) => rollout === id && failures !== undefined);
    const tellers = new Set(told.map(({ host }) => host));
    expect(tellers).toEqual(new Set(product.fleet.hosts.map(({ name }) => name)));
    for (const { failures = [] } of told) {
      expect(failures).not.toEqual([]);
      for (const { code, probe, logs } of failures) {
        expect(code).toBe('CONTAINER_UNHEALTHY');
        expect(probe).toMatch(probed);
        expect(logs).toContainEqual(expect.stringContaining(ill));
      }
    }
    expect(applied.out + applied.err).toMatch(probed);
    expect(applied.out + applied.err).toContain(ill);
    expect(await product.served(port)).toEqual(['1.1.0', '1.1.0', '1.1.0']);
    for (const host of product.fleet.hosts) {
      const running = Object.values(await containers(host)).filter((state) => state === 'running');
      expect(running).toHaveLength(1);
    }
  });

  it('touches nothing when the image cannot be pulled', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    await product.commit('Run an api nobody pushed', versionFile({ tag: '9.9.9', digest }));
    const watched = product.fleet.hosts.map((host) => host.events());
    const applied = await product.master('apply', 'beta', '--yes');
    expect(applied.code).toBe(3);
    expect(applied.out + applied.err).toMatch(/IMAGE_NOT_FOUND|not found|no such image/i);
    const writes = await Promise.all(watched.map(async (events) => (await events.stop()).writes()));
    expect(writes).toEqual([[], [], []]);
    expect(await product.served(port)).toEqual(['1.1.0', '1.1.0', '1.1.0']);
  });

  it('ends a plan with what makes it impossible: no such tag, a name that a stranger has', async () => {
    await product.commit('Run an api nobody built', versionFile({ tag: '7.7.7' }));
    const missing = await product.master('plan', 'beta');
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('[IMAGE_NOT_FOUND]')]);
    const changed = statesFor(wanted('1.1.0', { env: { NOTE: 'new' } }));
    await product.commit('Tell api something new', changed);
    const { out } = await product.master('plan', 'beta', '--json');
    const name = /"do":"create","container":"([^"]+)"/.exec(out)?.[1] ?? '';
    const [host] = product.fleet.hosts;
    await host?.docker('create', '--name', name, versions.get('1.0.0')?.reference ?? '');
    const taken = await product.master('plan', 'beta');
    expect([taken.code, taken.out]).toEqual([1, expect.stringContaining('NAME_TAKEN api')]);
    await host?.docker('rm', name);
    await product.commit('Leave it as it was', statesFor(wanted('1.1.0')));
    expect((await product.master('plan', 'beta', '--exit-code')).code).toBe(0);
  });

  it('rolls back to the release before, by one command', async () => {
    await product.commit('Run api 1.0.0 again', versionFile({ tag: '1.0.0' }));
    expect((await product.master('apply', 'beta', '--yes')).code).toBe(0);
    expect(await product.served(port)).toEqual(['1.0.0', '1.0.0', '1.0.0']);
    const back = await product.master('rollback', 'beta', '--yes');
    expect(back.code).toBe(0);
    expect(await product.served(port)).toEqual(['1.1.0', '1.1.0', '1.1.0']);
  });
});
