// Long because all that a driver does with real records is told here, on one fixture.
import { afterEach, describe, expect, it } from 'vitest';
import type { BrineEvent } from '../../../master/events.ts';
import type { RolloutRequest } from '../../../master/rollout/driver.ts';
import type { Rollout } from '../../../master/rollout/record.ts';
import type { Desire } from '../../../protocol/messages.ts';
import type { HostState } from '../../../states/model.ts';
import { Fixture, releaseOf, requestOf, stateOf } from './fixture.ts';
import { hostId, policyOf, type Fate } from './model.ts';
import { quiet } from './world.ts';

const [h1, h2, h3] = [hostId('h1'), hostId('h2'), hostId('h3')];
const hosts = [h1, h2, h3];
let fixture: Fixture;
afterEach(() => fixture.close());

const phases = (rollout: Rollout): string[] =>
  rollout.hosts.map(({ host, phase }) => `${host} ${phase}`);

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

const onPort = (state: HostState, host: number): HostState => ({
  ...state,
  containers: state.containers.map((spec) => ({
    ...spec,
    ports: spec.ports.map((port) => ({ ...port, host })),
  })),
});

/** The same service in another environment on the same hosts. */
function inProd(port: number): RolloutRequest {
  const environment = 'prod' as Rollout['environment'];
  const request = requestOf(fixture, 1);
  const state = { ...onPort(stateOf(1), port), environment };
  return { ...request, environment, hosts: request.hosts.map((host) => ({ ...host, state })) };
}

const runs = (): (string | undefined)[] => hosts.map((host) => fixture.minions.runs(host)?.release);

const told = async (): Promise<BrineEvent[]> => fixture.log.since(0, {});

describe('a rollout that is carried out', () => {
  it('ends with every host at the state, and with that as what a rollback goes back to', async () => {
    fixture = await Fixture.start(hosts);
    const rollout = await roll(1);
    expect([rollout.phase, ...phases(rollout)]).toEqual([
      ...['succeeded', 'h1 done', 'h2 done', 'h3 done'],
    ]);
    expect(runs()).toEqual([releaseOf(1), releaseOf(1), releaseOf(1)]);
    for (const host of hosts) {
      const desired = await fixture.desired(host);
      expect(desired).toMatchObject({ generation: 2, mode: 'run', rollout: 'r1' });
      expect(desired?.state).toEqual(stateOf(1));
      expect(desired?.good).toEqual(stateOf(1));
    }
    expect(fixture.driver.current('beta')).toBeUndefined();
    expect(await fixture.store.get('busy/beta')).toBeUndefined();
  });

  it('tells every transition once, in order', async () => {
    fixture = await Fixture.start([h1]);
    await roll(1);
    const events = (await told()).map((event) =>
      event.kind === 'rollout' || event.kind === 'host' ? `${event.host ?? ''} ${event.phase}` : '',
    );
    expect(events).toEqual([
      ...[' pulling', 'h1 pulling', 'h1 pulled', ' rolling-out', 'h1 switching', 'h1 done'],
      ' succeeded',
    ]);
  });

  it('goes back to what ran before, and to nothing where nothing did', async () => {
    fixture = await Fixture.start(hosts, [h1, h2]);
    await roll(1);
    await fixture.minions.link(h3);
    await quiet();
    // h3 has converged by itself meanwhile; h2 fails, so all go back to 1.
    fixture.minions.decide = fails('h2', 2);
    expect((await roll(2)).phase).toBe('rolled-back');
    expect(runs()).toEqual([releaseOf(1), releaseOf(1), releaseOf(1)]);
    expect((await fixture.desired(h1))?.state).toEqual(stateOf(1));
  });

  it('that is the first one goes back to nothing', async () => {
    fixture = await Fixture.start(hosts);
    fixture.minions.decide = fails('h2', 1);
    expect((await roll(1)).phase).toBe('rolled-back');
    expect(fixture.minions.runs(h1)?.containers).toEqual([]);
    expect((await fixture.desired(h1))?.good).toBeNull();
  });

  it('is the only one in its environment, and one of several in all', async () => {
    fixture = await Fixture.start(hosts);
    fixture.minions.decide = () => 'waits';
    const first = await fixture.driver.start(requestOf(fixture, 1));
    await expect(fixture.driver.start(requestOf(fixture, 2))).rejects.toMatchObject({
      data: { code: 'ROLLOUT_BUSY', message: 'r1 of beta is pulling already' },
    });
    const other = await fixture.driver.start(inProd(18_081));
    expect([first.id, other.id]).toEqual(['r1', 'r2']);
    fixture.minions.decide = () => 'works';
    expect((await fixture.toEnd('r1')).phase).toBe('succeeded');
    expect((await fixture.toEnd('r2')).phase).toBe('succeeded');
  });

  it('can be aborted while it goes on, and not afterwards', async () => {
    fixture = await Fixture.start(hosts);
    fixture.minions.decide = () => 'waits';
    await fixture.driver.start(requestOf(fixture, 1));
    await quiet();
    const aborted = await fixture.driver.abort('r1', 'bob@desk');
    expect(aborted).toMatchObject({ phase: 'aborted', exit: 4, why: 'bob@desk aborted it' });
    await expect(fixture.driver.abort('r1', 'bob@desk')).rejects.toMatchObject({
      data: { code: 'ROLLOUT_NONE' },
    });
    await expect(fixture.driver.abort('r9', 'bob@desk')).rejects.toMatchObject({
      data: { code: 'UNKNOWN_NAME' },
    });
  });

  it('waits for what can heal, and ends in time when it does not', async () => {
    fixture = await Fixture.start(hosts);
    await roll(1);
    fixture.minions.decide = (host, { mode }) =>
      host === 'h2' && mode === 'pull' ? 'waits' : 'works';
    const rollout = await roll(2);
    expect(rollout).toMatchObject({ phase: 'errored', exit: 5 });
    expect(rollout.why).toContain('h2: it waits');
    expect(runs()).toEqual([releaseOf(1), releaseOf(1), releaseOf(1)]);
    expect(await fixture.desired(h2)).toMatchObject({ mode: 'run', state: stateOf(1) });
  });
});

describe('a rollout after one that was left half-way', () => {
  const pullFails = (host: string, { mode }: Desire): Fate =>
    host === 'h3' && mode === 'pull' ? 'fails' : 'works';

  it('leaves running what runs when nothing could be pulled, though it never proved itself', async () => {
    fixture = await Fixture.start(hosts);
    await roll(1);
    fixture.minions.decide = (host, { mode }) =>
      host === 'h2' && mode === 'run' ? 'waits' : 'works';
    await fixture.driver.start(requestOf(fixture, 2));
    await quiet();
    await fixture.driver.abort('r2', 'bob@desk');
    fixture.minions.decide = pullFails;
    await quiet();
    expect(runs()[0]).toBe(releaseOf(2));
    expect((await roll(3)).phase).toBe('rolled-back');
    expect(runs()[0]).toBe(releaseOf(2));
    expect((await fixture.desired(h1))?.state).toEqual(stateOf(2));
  });

  it('does so also where nothing has ever proved itself', async () => {
    fixture = await Fixture.start(hosts);
    fixture.minions.decide = fails('h2', 1);
    const policy = { onFailure: 'pause' } as const;
    expect((await roll(1, { policy: policyOf(policy) })).phase).toBe('failed');
    expect(runs()[0]).toBe(releaseOf(1));
    fixture.minions.decide = pullFails;
    expect((await roll(2)).phase).toBe('rolled-back');
    expect(runs()[0]).toBe(releaseOf(1));
  });
});

describe('what is right already', () => {
  it('is written down as wanted without a rollout', async () => {
    fixture = await Fixture.start(hosts, [h1, h2]);
    await roll(1);
    const recorded = await fixture.driver.record(requestOf(fixture, 2));
    expect(recorded).toMatchObject({ id: 'r2', phase: 'succeeded', exit: 6 });
    expect(phases(recorded)).toEqual(['h1 done', 'h2 done', 'h3 offline']);
    await quiet();
    expect((await fixture.desired(h1))?.good).toEqual(stateOf(2));
    expect((await fixture.desired(h3))?.state).toEqual(stateOf(2));
    expect(fixture.driver.current('beta')).toBeUndefined();
    await fixture.minions.link(h3);
    await quiet();
    expect(runs()).toEqual([releaseOf(2), releaseOf(2), releaseOf(2)]);
  });
});

describe('a port of a host', () => {
  it('is taken by who begins first, also where both were planned before', async () => {
    fixture = await Fixture.start(hosts);
    const both = [
      fixture.driver.start(requestOf(fixture, 1)),
      fixture.driver.start(inProd(18_080)),
    ];
    const [one, other] = await Promise.allSettled(both);
    expect(one?.status).toBe('fulfilled');
    expect(other).toMatchObject({ reason: { data: { code: 'PORT_CONFLICT', where: 'h1' } } });
    expect((await fixture.toEnd('r1')).phase).toBe('succeeded');
  });

  it('is held by what runs until the new state is switched to', async () => {
    fixture = await Fixture.start(hosts);
    await fixture.toEnd((await fixture.driver.start(inProd(18_082))).id);
    fixture.minions.decide = () => 'waits';
    await fixture.driver.start(inProd(18_083));
    const beta = requestOf(fixture, 1);
    const wanting = (port: number) =>
      beta.hosts.map((host) => ({ ...host, state: onPort(host.state, port) }));
    for (const port of [18_082, 18_083]) {
      await expect(fixture.driver.start({ ...beta, hosts: wanting(port) })).rejects.toMatchObject({
        data: { code: 'PORT_CONFLICT' },
      });
    }
  });
});

describe('a number of a rollout', () => {
  it('is taken once it is durable, whatever fails afterwards', async () => {
    fixture = await Fixture.start(hosts);
    fixture.driver.onEnded(() => {
      throw new Error('a listener failed');
    });
    await expect(fixture.driver.record(requestOf(fixture, 1))).rejects.toThrow('a listener failed');
    fixture.driver.onEnded(() => undefined);
    expect((await fixture.driver.start(requestOf(fixture, 2))).id).toBe('r2');
    expect((await fixture.toEnd('r2')).phase).toBe('succeeded');
  });
});

describe('a host that comes back', () => {
  it('converges to what the environment runs by now, and is told about', async () => {
    fixture = await Fixture.start(hosts, [h1, h2]);
    expect(await roll(1)).toMatchObject({ phase: 'succeeded', exit: 6 });
    await fixture.minions.link(h3);
    await quiet();
    expect(fixture.minions.runs(h3)?.release).toBe(releaseOf(1));
    expect((await told()).at(-1)).toMatchObject({
      ...{ kind: 'host', host: 'h3', phase: 'done', cause: 'converge', actor: 'minion:h3' },
    });
    expect((await fixture.desired(h3))?.good).toEqual(stateOf(1));
  });

  it('is sent nothing when it holds the newest', async () => {
    fixture = await Fixture.start(hosts);
    await roll(1);
    const before = fixture.minions.obeyed.length;
    const events = fixture.log.newest;
    fixture.minions.lose(h1);
    await fixture.minions.link(h1);
    await quiet();
    expect(fixture.minions.obeyed.length).toBe(before);
    expect(fixture.log.newest).toBe(events);
  });

  it('holding more than was ever asked of it hears what is newer still', async () => {
    fixture = await Fixture.start(hosts);
    await roll(1);
    fixture.minions.lose(h1);
    fixture.minions.pretend(h1, 'beta', 50);
    await fixture.minions.link(h1);
    await quiet();
    expect(await fixture.desired(h1)).toMatchObject({ generation: 51, state: stateOf(1) });
    expect(fixture.minions.obeyed.at(-1)).toMatchObject({ host: h1, desire: { generation: 51 } });
  });

  it('after it was forgotten, with what it held then, takes part again', async () => {
    fixture = await Fixture.start(hosts);
    await roll(1);
    await roll(2);
    fixture.minions.lose(h1);
    await fixture.driver.forget(h1);
    expect(await fixture.desired(h1)).toBeUndefined();
    await fixture.minions.link(h1);
    await quiet();
    expect(await fixture.store.get('held/beta/h1')).toMatchObject({ value: { generation: 4 } });
    expect((await roll(3)).phase).toBe('succeeded');
    expect(await fixture.desired(h1)).toMatchObject({ generation: 6 });
    expect(await fixture.store.get('held/beta/h1')).toBeUndefined();
  });
});
