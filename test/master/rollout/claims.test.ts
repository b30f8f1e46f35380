// Environments that hosts speak of though this master asked nobody for anything there.

import { afterEach, expect, it } from 'vitest';
import { claimsMax } from '../../../master/rollout/claims.ts';
import type { Hello } from '../../../master/fleet/fleet.ts';
import type { Report } from '../../../protocol/messages.ts';
import { environment } from '../../states/fixture.ts';
import { Fixture, requestOf } from './fixture.ts';
import { hostId } from './model.ts';

const [h1, h2] = [hostId('h1'), hostId('h2')];
let fixture: Fixture;
afterEach(() => fixture.close());

const helloWith = (names: readonly string[], generation = 7): Hello => ({
  ...{ version: '0.1.0', facts: {} },
  accepted: names.map((name) => ({
    environment: environment(name),
    ...{ generation, running: generation },
  })),
});

const invented = (round: number): readonly string[] =>
  Array.from({ length: 1_000 }, (_, index) => `invented-${round}-${index}`);

const reportOf = (name: string): Report => ({
  ...{ environment: environment(name), generation: 1, mode: 'run', outcome: 'done' },
  ...{ now: 'new', reverted: false, writes: 0, failures: [], running: [] },
  ...{ startedAt: 1, endedAt: 2 },
});

const recorded = async (host: string): Promise<readonly string[]> =>
  (await fixture.store.range('')).map(({ key }) => key).filter((key) => key.endsWith(`/${host}`));

it('are bounded for each host, over all its hellos, reports and restarts of the master', async () => {
  fixture = await Fixture.start([h1, h2], []);
  for (let round = 0; round < 3; round += 1) {
    await fixture.driver.onHello(h1, helloWith(invented(round)));
  }
  expect(await recorded('h1')).toHaveLength(claimsMax);
  await fixture.stopMaster();
  await fixture.startMaster();
  await fixture.driver.onHello(h1, helloWith(invented(4)));
  for (const [index, name] of invented(5).entries()) {
    await fixture.driver.onReport(h1, index + 1, reportOf(name));
  }
  expect(await recorded('h1')).toHaveLength(claimsMax);
  // What one says is no work and no record of another.
  const { commits } = fixture;
  await fixture.driver.onHello(h2, helloWith(['beta']));
  expect(fixture.commits).toBe(commits + 1);
  expect(await recorded('h2')).toEqual(['held/beta/h2']);
  await fixture.driver.forget(h1);
  expect(await recorded('h1')).toEqual([]);
});

it('that were asked for are listened to, however much else the host speaks of', async () => {
  fixture = await Fixture.start([h1]);
  const { id } = await fixture.driver.start(requestOf(fixture, 1));
  expect((await fixture.toEnd(id)).phase).toBe('succeeded');
  const known = await fixture.desired(h1);
  await fixture.driver.onHello(h1, helloWith([...invented(0).slice(0, 999), 'beta'], 90));
  expect(await fixture.desired(h1)).toEqual({ ...known, generation: 91 });
});

it('are believed of a host that a master without its records meets: the next rollout reaches it', async () => {
  fixture = await Fixture.start([h1]);
  const first = await fixture.driver.start(requestOf(fixture, 1));
  await fixture.toEnd(first.id);
  const { generation = 0 } = (await fixture.desired(h1)) ?? {};
  await fixture.stopMaster();
  fixture.loseStore();
  await fixture.startMaster();
  await fixture.minions.link(h1);
  expect(await fixture.desired(h1)).toBeUndefined();
  const second = await fixture.driver.start(requestOf(fixture, 2));
  expect((await fixture.toEnd(second.id)).phase).toBe('succeeded');
  expect((await fixture.desired(h1))?.generation).toBeGreaterThan(generation);
  expect(fixture.minions.runs(h1)?.containers[0]?.image.tag).toBe('1.2.0');
});
