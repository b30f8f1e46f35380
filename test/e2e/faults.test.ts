// What goes wrong in the middle of a rollout, with the real fault: a host cut off, Docker killed,
// the minion killed, the master killed. Each must end right without a person, but for a port that Docker
// itself loses when it is killed while it starts a container: then somebody has to start it once more.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../fleet/fleet.ts';
import { buildService } from '../fleet/images.ts';
import { freeLostPort } from '../fleet/lost-port.ts';
import { Product, until, type Ran } from './product.ts';
import { port, statesFor } from './states.ts';

let product: Product;
let turn = 0;

const host = (index: number): Host => {
  const found = product.fleet.hosts[index];
  if (found === undefined) throw new Error(`no host ${index}`);
  return found;
};

/** Commits the other of two versions, so that each test has a rollout to disturb. */
async function change(): Promise<string> {
  turn += 1;
  const tag = turn % 2 === 1 ? '1.0.0' : '1.1.0';
  await product.commit(
    `Run api ${tag}, turn ${turn}`,
    statesFor({
      registry: product.fleet.registryAddress,
      version: { tag },
      env: { TURN: String(turn) },
      rollout: '{ batch: 1, min_healthy: 2s, progress: 90s }',
    }),
  );
  return tag;
}

const apply = (): Promise<Ran> => product.master('apply', 'beta', '--yes');

/**
 * The one right end of a fault that no version can be blamed for: what was asked for runs on all hosts,
 * each has said so once, and so has the master.
 */
async function endsRight(ran: Ran, tag: string): Promise<void> {
  expect(ran.code, ran.out + ran.err).toBe(0);
  expect(await product.served(port)).toEqual([tag, tag, tag]);
  const events = await product.events();
  const id = events.findLast(({ kind }) => kind === 'rollout')?.rollout;
  const own = events.filter(({ rollout }) => rollout === id);
  const ends = own.filter(({ kind, phase }) => kind === 'rollout' && isEnd.test(phase ?? ''));
  expect(ends.map(({ phase }) => phase)).toEqual(['succeeded']);
  const hosts = own.filter(({ kind, phase }) => kind === 'host' && isHostEnd.test(phase ?? ''));
  const ended = hosts.map(({ host: name, phase }) => `${name} ${phase}`).sort();
  expect(ended).toEqual(product.fleet.hosts.map(({ name }) => `${name} done`).sort());
  for (const each of product.fleet.hosts) {
    const format = '{{.Image}} {{.Status}}';
    const running = await each.docker('ps', '--filter', 'label=brine.env=beta', '--format', format);
    expect(running.trim().split('\n')).toEqual([expect.stringMatching(/ Up /)]);
  }
}

const isEnd = /^(succeeded|rolled-back|rollback-failed|failed|errored|aborted)$/;
const isHostEnd = /^(done|failed|reverted|kept-old|down|offline)$/;

/** The first host is done and the rollout goes on with the next. */
const underWay = (): Promise<void> =>
  until('the rollout is under way', async () => {
    const status = await product.master('status', 'beta', '--json');
    if (status.code !== 0) return false;
    const { environments } = JSON.parse(status.out) as {
      environments: { current: { hosts: { phase: string }[] } | null }[];
    };
    const phases = environments[0]?.current?.hosts.map((one) => one.phase) ?? [];
    return phases.includes('done') && phases.includes('switching');
  });

const timesGone = async ({ name }: Host): Promise<number> =>
  ((await product.master('events', '--host', name, '--lines', '1000')).out.match(/gone/g) ?? [])
    .length;

/** The host whose turn it is now. */
async function switching(): Promise<Host> {
  const status = await product.master('status', 'beta', '--json');
  const { environments } = JSON.parse(status.out) as {
    environments: { current: { hosts: { host: string; phase: string }[] } | null }[];
  };
  const name = environments[0]?.current?.hosts.find((one) => one.phase === 'switching')?.host;
  const found = product.fleet.hosts.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no host is switching: ${status.out}`);
  return found;
}

beforeAll(async () => {
  product = await Product.start(3);
  const registry = product.fleet.registryAddress;
  for (const version of ['1.0.0', '1.1.0']) {
    await buildService(host(0), { registry, repository: 'api', version, behaviour: 'good' });
  }
  await change();
  await product.joinAll(['role=app', 'ring=beta']);
  const first = await apply();
  expect(first.code, first.out + first.err).toBe(0);
});

afterAll(() => product?.close());

beforeEach(async () => {
  await until(
    'all hosts are linked',
    async () => (await product.master('ping')).code === 0,
    60_000,
  );
});

describe('a fault in the middle of a rollout', () => {
  it('a host that is cut off before it begins is told, and converges when it is back', async () => {
    const tag = await change();
    host(2).cut();
    await until(
      'the cut host is seen as gone',
      async () => (await product.master('ping')).code !== 0,
      40_000,
    );
    const applied = await apply();
    expect(applied.code).toBe(6);
    expect(applied.out + applied.err).toContain(host(2).name);
    host(2).mend();
    await until(
      'the host has converged',
      async () => (await product.served(port))[2] === tag,
      60_000,
    );
    expect(await product.served(port)).toEqual([tag, tag, tag]);
  });

  it('a host whose Docker is gone before it begins keeps nobody waiting, and converges when it is back', async () => {
    const tag = await change();
    const [lost, name] = [host(2), host(2).name];
    await lost.killDocker();
    const down = new RegExp(`${name} +Docker down, `);
    await until('the master knows', async () => down.test((await product.master('hosts')).out));
    const status = (await product.master('status', 'beta')).out;
    expect(status).toMatch(down);
    expect(status).toMatch(new RegExp(`${name}.*last known.*was healthy`));
    expect((await product.master('plan', 'beta')).out).toContain('Docker is down');
    const applied = await apply();
    expect(applied.code, applied.out + applied.err).toBe(6);
    expect(await product.served(port)).toMatchObject([tag, tag, expect.anything()]);
    await lost.startDocker();
    await until('it has converged', async () => (await product.served(port))[2] === tag, 60_000);
    await until('the master knows', async () => !down.test((await product.master('hosts')).out));
  });

  it('a host cut off while it switches comes back and the rollout ends', async () => {
    const tag = await change();
    const applied = apply();
    await underWay();
    const cut = await switching();
    const goneBefore = await timesGone(cut);
    cut.cut();
    await until(
      'its link is seen as gone',
      async () => (await timesGone(cut)) > goneBefore,
      40_000,
    );
    cut.mend();
    await endsRight(await applied, tag);
    const told = await product.master('events', '--host', cut.name);
    expect(told.out).toMatch(/gone[\s\S]*is linked/);
  });

  it('Docker killed and started again on the host that switches: the rollout ends', async () => {
    const tag = await change();
    const applied = apply();
    await underWay();
    const hit = await switching();
    await hit.killDocker();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await hit.startDocker();
    await freeLostPort(hit, applied);
    await endsRight(await applied, tag);
  });

  it('the minion of the host that switches is killed and started again', async () => {
    const tag = await change();
    const applied = apply();
    await underWay();
    const hit = await switching();
    await product.killMinion(hit);
    product.startMinion(hit);
    await endsRight(await applied, tag);
  });

  it('the master is killed and started again; the caller follows on', async () => {
    const tag = await change();
    const applied = apply();
    await underWay();
    await product.killMaster();
    await product.startMaster();
    await endsRight(await applied, tag);
  });

  it('hosts hold their state while the master is away', async () => {
    const before = await product.served(port);
    await product.killMaster();
    const [name = ''] = (
      await host(0).docker('ps', '--filter', 'label=brine.service=api', '--format', '{{.Names}}')
    ).split('\n');
    await host(0).docker('rm', '--force', name);
    await until('the container is back', async () => (await product.served(port))[0] === before[0]);
    await product.startMaster();
    const events = await product.master('events', '--json', '--host', host(0).name);
    await until('the drift is told', async () => {
      const told = await product.master('events', '--json', '--host', host(0).name);
      return told.out.includes('"drift"');
    });
    expect(events.code).toBe(0);
    const drift = (await product.events()).findLast(({ kind }) => kind === 'drift');
    expect(drift).toMatchObject({
      release: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
      commit: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
    });
  });
});
