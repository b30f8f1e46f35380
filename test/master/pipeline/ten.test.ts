import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Routes } from '../../../master/api/contract.ts';
import type { PromotionView, ReleaseAnswer } from '../../../master/api/pipeline-contract.ts';
import { isFinal } from '../../../master/pipeline/record.ts';
import { RegistryProcess } from '../../engine/registry-process.ts';
import { runsWith } from '../../fleet/needs.ts';
import { until } from '../daemon/fixture.ts';
import { Line } from '../daemon/line.ts';

const stages = ['beta', 'gamma', 'prod'] as const;
const tags = Array.from({ length: 10 }, (_, index) => `1.${index + 1}.0`);

describe.runIf(runsWith('docker-registry'))('ten releases within a minute', () => {
  let registry: RegistryProcess;
  let line: Line;
  beforeAll(async () => {
    registry = await RegistryProcess.start();
    for (const tag of tags) await registry.push('api', tag);
  });
  afterAll(() => registry.close());
  beforeEach(async () => {
    line = await Line.start('{ after: gamma, verify: [smoke] }', `${registry.address}/api`);
  }, 60_000);
  afterEach(() => line.close());

  const push = async (tag: string): Promise<string> => {
    const request = { images: { api: tag }, actor: 'ci' };
    const answer = await line.client.send<ReleaseAnswer>('POST', '/v1/releases', request);
    return answer.release?.id ?? '';
  };

  /** Ids in the order in which the releases came. */
  async function releases(): Promise<readonly string[]> {
    const all = (await line.client.get<Routes['releases']>('/v1/releases')).releases;
    expect(all).toHaveLength(tags.length);
    return all.map(({ id }) => id).reverse();
  }

  const promotions = async (environment: string): Promise<readonly PromotionView[]> =>
    (await line.client.get<Routes['history']>(`/v1/history/${environment}`)).promotions;

  const quiet = async (): Promise<boolean> => {
    const all = await Promise.all(stages.map((environment) => line.stage(environment)));
    return all.every(({ active, waiting }) => active === null && waiting === null);
  };

  /** What became of each release, stage by stage; nothing is left without an end. */
  async function ends(): Promise<readonly (readonly string[])[]> {
    const all = (await Promise.all(stages.map(promotions))).flat();
    expect(all.filter(({ phase }) => !isFinal(phase))).toEqual([]);
    const ended = (await releases()).map((release) =>
      all
        .filter((each) => each.release === release)
        .map(({ environment, phase }) => `${environment} ${phase}`),
    );
    expect(ended.filter((each) => each.length === 0)).toEqual([]);
    return ended;
  }

  it('bring the newest into prod; each of the others has an end that is told', async () => {
    await Promise.all(tags.map(push));
    const newest = (await releases()).at(-1);
    await until('prod has verified the newest', async () => {
      const { current } = await line.stage('prod');
      return current?.release === newest && current?.verified === true && (await quiet());
    });
    const ended = await ends();
    expect(ended.at(-1)).toEqual(stages.map((stage) => `${stage} succeeded`));
    // None failed: where one did not get further, a newer one took its place.
    const others = ended.slice(0, -1).flat();
    expect(others.filter((end) => !/ (succeeded|superseded)$/.test(end))).toEqual([]);
    expect(others.filter((end) => end.endsWith(' superseded')).length).toBeGreaterThan(0);
  }, 60_000);

  it('bring the newest that passed everywhere into prod, where newer ones fail on the way', async () => {
    for (const tag of ['1.9.0', '1.10.0']) line.hosts.get('web-2')?.bad.add(tag);
    for (const tag of tags) await push(tag);
    const order = await releases();
    const last = order.at(-1);
    await until(
      'the newest has failed in gamma',
      async () =>
        (await promotions('gamma')).some(
          ({ release, phase }) => release === last && phase === 'rolled-back',
        ),
      60_000,
    );
    await until('nothing goes on', quiet);
    await ends();
    const passed = (await promotions('gamma'))
      .filter(({ phase }) => phase === 'succeeded')
      .map(({ release }) => order.indexOf(release));
    const newest = order[Math.max(...passed)];
    expect((await line.stage('prod')).current).toMatchObject({ release: newest, verified: true });
    expect((await line.stage('gamma')).current).toMatchObject({ release: newest });
    const entered = (await promotions('prod')).map(({ release }) => order.indexOf(release));
    expect(Math.max(...entered)).toBeLessThan(8);
  }, 120_000);
});
