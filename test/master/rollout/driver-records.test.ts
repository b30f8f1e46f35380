import { afterEach, describe, expect, it } from 'vitest';
import type { BrineEvent } from '../../../master/events.ts';
import { readHeads, readRollout } from '../../../master/rollout/keys.ts';
import type { Rollout } from '../../../master/rollout/record.ts';
import type { Desire, Report } from '../../../protocol/messages.ts';
import { Fixture, releaseOf, requestOf, stateOf } from './fixture.ts';
import { hostId, policyOf, type Fate } from './model.ts';

const [h1, h2, h3] = [hostId('h1'), hostId('h2'), hostId('h3')];
const hosts = [h1, h2, h3];
let fixture: Fixture;
afterEach(() => fixture.close());

const fails =
  (host: string, version: number, fate: Fate = 'fails') =>
  (id: string, { mode, state }: Desire): Fate =>
    id === host &&
    mode === 'run' &&
    state.containers.length > 0 &&
    state.release === releaseOf(version)
      ? fate
      : 'works';

/** A rollout from its beginning to its end. */
async function roll(version: number, more = {}): Promise<Rollout> {
  const { id } = await fixture.driver.start(requestOf(fixture, version, more));
  return fixture.toEnd(id);
}

const told = async (): Promise<BrineEvent[]> => fixture.log.since(0, {});

describe('a report', () => {
  it('that is sent again changes nothing', async () => {
    fixture = await Fixture.start(hosts);
    const reports: Report[] = [];
    const { driver } = fixture;
    const onReport = driver.onReport.bind(driver);
    driver.onReport = (host, seq, report) => {
      if (host === h1) reports.push(report);
      return onReport(host, seq, report);
    };
    await roll(1);
    const revision = await fixture.store.revision();
    for (const report of [...reports, ...reports]) await fixture.minions.repeat(h1, report);
    expect(await fixture.store.revision()).toBe(revision);
  });

  it('is stored as what the host runs, the newest only', async () => {
    fixture = await Fixture.start(hosts);
    await roll(1);
    fixture.minions.decide = fails('h1', 2);
    await roll(2);
    expect((await fixture.store.get('observed/beta/h1'))?.value).toMatchObject({
      report: { generation: 5, outcome: 'done', mode: 'run' },
    });
  });
});

describe('drift', () => {
  const drift = (what: string, at: number) => ({
    ...{ environment: stateOf(1).environment, generation: 2, service: 'api', container: 'c' },
    ...{ release: releaseOf(1), commit: 'c0ffee' },
    ...{ what, action: 'repaired' as const, at },
  });

  it('is told once, however often it is sent, and anew by a minion that counts from one', async () => {
    fixture = await Fixture.start(hosts);
    const { driver } = fixture;
    await driver.onDrift(h1, 4, drift('was removed', 100));
    await driver.onDrift(h1, 5, drift('was stopped', 200));
    await driver.onDrift(h1, 4, drift('was removed', 100));
    await driver.onDrift(h1, 5, drift('was stopped', 200));
    await driver.onDrift(h1, 1, drift('was paused', 300));
    expect((await told()).map(({ message }) => message)).toEqual([
      'api: was removed; put right',
      'api: was stopped; put right',
      'api: was paused; put right',
    ]);
  });

  it('carries the release and the commit of the state that was held', async () => {
    fixture = await Fixture.start([h1]);
    await fixture.driver.onDrift(h1, 1, drift('was removed', 100));
    expect((await told()).at(-1)).toMatchObject({
      ...{ kind: 'drift', environment: 'beta', host: 'h1', service: 'api' },
      ...{ release: releaseOf(1), commit: 'c0ffee' },
    });
  });
});

describe('the history', () => {
  it('keeps rollouts and forgets old ones, with all that belongs to them', async () => {
    fixture = await Fixture.start([h1]);
    for (let version = 1; version <= 4; version += 1) await roll(version, { policy: policyOf() });
    const heads = await readHeads(fixture.store, 'beta');
    expect(heads.map(({ id }) => id)).toEqual(['r4', 'r3', 'r2', 'r1']);
    const { outdatedWrites } = await import('../../../master/rollout/outdated.ts');
    const limits = { rollouts: 2, succeeded: 1 };
    const writes = await outdatedWrites(fixture.store, 'beta', limits);
    expect(await fixture.store.commit([], writes)).toBeDefined();
    expect((await readHeads(fixture.store, 'beta')).map(({ id }) => id)).toEqual(['r4', 'r3']);
    expect(await fixture.store.range('rollout-hosts/r1/')).toEqual([]);
    expect(await fixture.store.range('rollout-states/r1/')).toEqual([]);
    expect(await readRollout(fixture.store, 'r3')).toBeDefined();
  });
});
