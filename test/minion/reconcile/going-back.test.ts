import { describe, expect, it } from 'vitest';
import { decide, leftOver, undo, type Fallen } from '../../../minion/reconcile/going-back.ts';
import type { HostFailure } from '../../../protocol/messages.ts';
import { containerName } from '../../../states/naming.ts';
import type { HostState } from '../../../states/model.ts';
import type { Observed, ObservedContainer } from '../../../states/observed.ts';
import { beta, desireOf, specOf, stateOf } from '../samples.ts';

const env = (note: string) => ({ env: { NOTE: note } });
const before = stateOf(beta, [specOf('api', env('old')), specOf('game')]);
const after = stateOf(beta, [specOf('api', env('new')), specOf('game')]);
const nameIn = (state: HostState, service: string): string => {
  const spec = state.containers.find((each) => each.service === service);
  if (spec === undefined) throw new Error(`no ${service}`);
  return containerName({ ...state, spec });
};
const [oldApi, newApi, game] = [nameIn(before, 'api'), nameIn(after, 'api'), nameIn(after, 'game')];

const container = (name: string, more: Partial<ObservedContainer> = {}): ObservedContainer => ({
  ...{ id: name, name, service: name.includes('game') ? 'game' : 'api', slot: 1, spec: '' },
  ...{ release: '0123abcd', status: 'running', health: 'healthy', image: '' },
  ...{ hostPorts: [], createdAt: 1, ...more },
});
const seen = (...containers: readonly ObservedContainer[]): Observed => ({
  ...{ containers, networks: [], volumes: [], images: [], taken: [], foreignNames: [] },
});
const failure: HostFailure = {
  ...{ code: 'CONTAINER_EXITED', message: 'it exited', service: 'api', phase: 'healthy' },
};
const fallen = (more: Partial<Fallen> = {}): Fallen => ({
  desire: desireOf(beta, 2, { state: after }),
  previous: before,
  failures: [failure],
  before: seen(container(oldApi), container(game)),
  now: seen(container(oldApi, { status: 'exited' }), container(newApi, { status: 'exited' })),
  tally: { started: new Set([newApi]), stopped: new Set([oldApi]) },
  ...more,
});

describe('after a failure', () => {
  it('the host goes back', () => {
    expect(decide(fallen())).toEqual({ do: 'go-back' });
    expect(decide(fallen({ previous: undefined }))).toEqual({ do: 'go-back' });
  });

  it('only what was made is cleared away where nothing was touched', () => {
    const tally = { started: new Set<string>(), stopped: new Set<string>() };
    expect(decide(fallen({ tally }))).toEqual({ do: 'clear' });
  });

  it('it stays for a person to look at, where that is wanted', () => {
    const desire = desireOf(beta, 2, { state: after, onFailure: 'pause' });
    expect(decide(fallen({ desire }))).toEqual({ do: 'stay', now: 'down' });
  });

  it('a leftover that cannot be removed is no reason to give up what is healthy', () => {
    const failures = [{ ...failure, phase: 'remove' }];
    expect(decide(fallen({ failures }))).toEqual({ do: 'stay', now: 'new' });
  });

  it('there is nowhere to go where the same ran before', () => {
    expect(decide(fallen({ previous: after }))).toMatchObject({ do: 'stay', now: 'down' });
    // What failed is what counts: another service may well have changed.
    const other = stateOf(beta, [specOf('api', env('new')), specOf('game', env('old'))]);
    expect(decide(fallen({ previous: other }))).toMatchObject({ do: 'stay' });
  });

  it('the better one is kept where the old one was known to be dead', () => {
    const ill = seen(container(oldApi, { status: 'restarting', health: 'unknown' }));
    const runs = seen(container(newApi, { health: 'unhealthy' }));
    const decision = decide(fallen({ before: ill, now: runs }));
    expect(decision).toMatchObject({ do: 'stay', now: 'down' });
    expect(decision).toHaveProperty('why', expect.stringMatching(/kept the new one/));
    // The new one is no better if it does not run.
    expect(decide(fallen({ before: ill }))).toEqual({ do: 'go-back' });
  });
});

describe('the way back without a map', () => {
  it('starts what was stopped and asks it as the new one was asked', () => {
    const steps = undo(after, fallen());
    expect(steps.map((step) => `${step.do} ${'container' in step ? step.container : ''}`)).toEqual([
      ...[`stop ${newApi}`, `start ${oldApi}`, `await-healthy ${oldApi}`],
    ]);
  });

  it('touches no service that was not touched', () => {
    const tally = { started: new Set<string>(), stopped: new Set<string>() };
    expect(undo(after, fallen({ tally }))).toEqual([]);
  });
});

describe('what is left over', () => {
  it('is what was made for the failed state alone', () => {
    expect([...leftOver(after, before, new Set([newApi, game]))]).toEqual([newApi]);
    expect([...leftOver(after, before, new Set())]).toEqual([]);
    // After a restart of the minion it is not known any more what it had made.
    expect([...leftOver(after, before, undefined)]).toEqual([newApi]);
  });
});
