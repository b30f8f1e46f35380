// Jobs of a service on two real hosts: once for a release, before anything is switched on any of them,
// and a rollout that ends there where one fails.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeenEvents } from '../fleet/engine-events.ts';
import { buildService } from '../fleet/images.ts';
import { Product } from './product.ts';
import { port, statesFor } from './states.ts';

let product: Product;

/** The states with a job `migrate` that is this script. */
function withJob(tag: string, script: string): Record<string, string> {
  const states = statesFor({
    ...{ registry: product.fleet.registryAddress, version: { tag } },
    rollout: '{ batch: 2, min_healthy: 500ms, progress: 60s }',
  });
  const job = JSON.stringify({ command: ['/bin/sh', '-c', script], once: 'per-release' });
  return {
    ...states,
    'services/api.yaml': `${states['services/api.yaml']}jobs: { migrate: ${job} }\n`,
  };
}

const ok = 'echo the tables are as they should be';

/** What the Engines of both hosts did meanwhile to containers, in one order: `die api` or `die job`. */
async function during(work: () => Promise<void>): Promise<readonly string[]> {
  const watched = product.fleet.hosts.map((host) => host.events());
  await work();
  const seen: SeenEvents[] = await Promise.all(watched.map((events) => events.stop()));
  return seen
    .flatMap((each) => each.writes())
    .filter(({ type }) => type === 'container')
    .sort((one, other) => one.at - other.at)
    .map(({ action, labels }) => `${action} ${labels['brine.job'] === undefined ? 'api' : 'job'}`);
}

const count = (seen: readonly string[], what: string): number =>
  seen.filter((each) => each === what).length;

beforeAll(async () => {
  product = await Product.start(2);
  const [host] = product.fleet.hosts;
  if (host === undefined) throw new Error('no host');
  const registry = product.fleet.registryAddress;
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
    await buildService(host, { registry, repository: 'api', version, behaviour: 'good' });
  }
  await product.commit('Run api 1.0.0 in beta', withJob('1.0.0', ok));
  await product.joinAll(['role=app', 'ring=beta']);
});

afterAll(() => product?.close());

describe('a job of a service on two hosts', () => {
  it('stands in the plan of one of them', async () => {
    const { out, code } = await product.master('plan', 'beta', '--exit-code');
    expect(code).toBe(2);
    expect(out.match(/run +job migrate of api/g)).toHaveLength(1);
  });

  it.each(['1.0.0', '1.1.0'])('runs once for %s, before anything is switched', async (tag) => {
    await product.commit(`Migrate to api ${tag}`, withJob(tag, `${ok}; echo ${tag}`));
    const seen = await during(async () => {
      const applied = await product.master('apply', 'beta', '--yes');
      expect(applied.code, applied.out + applied.err).toBe(0);
    });
    expect(await product.served(port)).toEqual([tag, tag]);
    expect([count(seen, 'start job'), count(seen, 'start api')]).toEqual([1, 2]);
    const touching = seen.findIndex((each) => ['start api', 'kill api'].includes(each));
    expect(seen.slice(0, touching)).toContain('die job');

    const again = await during(async () => {
      const applied = await product.master('apply', 'beta', '--yes');
      expect([applied.code, applied.out]).toEqual([0, expect.stringMatching(/nothing to do/i)]);
    });
    expect(again).toEqual([]);
  });

  it('ends the rollout where it fails, with its last lines and nothing switched', async () => {
    const broken = withJob('1.2.0', 'echo there is no table players >&2; exit 3');
    await product.commit('Migrate to api 1.2.0, badly', broken);
    const seen = await during(async () => {
      const applied = await product.master('apply', 'beta', '--yes');
      const said = applied.out + applied.err;
      expect(applied.code, said).toBe(3);
      expect(said).toContain('job migrate ended with 3');
      expect(said).toContain('there is no table players');
      expect(said).toContain('services/api.yaml:');
    });
    expect(count(seen, 'start job')).toBe(1);
    expect(seen.filter((each) => each.endsWith(' api'))).toEqual([]);
    expect(await product.served(port)).toEqual(['1.1.0', '1.1.0']);
    expect((await product.master('plan', 'beta')).out).toContain('job migrate of api');
  });

  it('runs again where it is mended, and the rollout goes through', async () => {
    await product.commit('Migrate to api 1.2.0', withJob('1.2.0', ok));
    const seen = await during(async () => {
      const applied = await product.master('apply', 'beta', '--yes');
      expect(applied.code, applied.out + applied.err).toBe(0);
    });
    expect([count(seen, 'start job'), count(seen, 'start api')]).toEqual([1, 2]);
    expect(await product.served(port)).toEqual(['1.2.0', '1.2.0']);
  });
});
