// The way back: never more out of service than on the way there, and nobody kept from it by another.

import { describe, expect, it } from 'vitest';
import type { RolloutPolicy } from '../../../states/model.ts';
import { hostId, Model, type Fate } from './model.ts';

const id = (number: number) => hostId(`h${number}`);
const hosts = Array.from({ length: 5 }, () => ({ linked: true }));

const turn = (model: Model, number: number, fate: Fate = 'works'): void => {
  model.work(id(number), fate);
  model.deliver(id(number));
};

const reverting = (model: Model): string[] =>
  model.rollout.hosts.filter(({ phase }) => phase === 'reverting').map(({ host }) => host);

/** Four of five run the new state, and the last one is down with it. */
function failed(policy: Partial<RolloutPolicy> = {}): Model {
  const model = new Model({ hosts, policy });
  for (const number of [1, 2, 3, 4, 5]) turn(model, number);
  for (const number of [1, 2, 3, 4]) turn(model, number);
  turn(model, 5, 'fails-down');
  expect(model.phase).toBe('rolling-back');
  return model;
}

describe('the way back', () => {
  it('is first of what serves nobody, then of the others batch by batch', () => {
    const model = failed({ batch: { hosts: 2 } });
    expect(reverting(model)).toEqual(['h5']);
    turn(model, 5);
    expect(reverting(model)).toEqual(['h1', 'h2']);
    turn(model, 1);
    expect(reverting(model)).toEqual(['h2']);
    turn(model, 2);
    expect(reverting(model)).toEqual(['h3', 'h4']);
    model.settleAll();
    expect(model.rollout).toMatchObject({ phase: 'rolled-back', exit: 3 });
  });

  it('of one host is not stopped by another that cannot go back', () => {
    const model = failed();
    turn(model, 5, 'fails-down');
    expect(reverting(model)).toEqual(['h1']);
    turn(model, 1, 'fails-down');
    expect(reverting(model)).toEqual(['h2']);
    model.pass(60_000);
    expect(reverting(model)).toEqual(['h3']);
    model.settleAll();
    expect(model.rollout).toMatchObject({ phase: 'rollback-failed', exit: 4 });
    expect(model.phases).toEqual(['h1 down', 'h2 failed', 'h3 reverted', 'h4 reverted', 'h5 down']);
  });

  it('goes on one by one after a restart of the master, as its hosts come back', () => {
    const model = failed();
    turn(model, 5);
    model.restart();
    for (const number of [3, 4, 1]) model.find(id(number));
    expect(reverting(model)).toEqual(['h1']);
    model.work(id(1), 'works');
    model.deliver(id(1));
    expect(reverting(model)).toEqual(['h3']);
  });

  it('of a host that is away waits for it, stops nobody for it, and ends without it in time', () => {
    const model = failed();
    for (const number of [1, 2]) model.lose(id(number));
    turn(model, 5);
    for (const number of [3, 4]) turn(model, number);
    expect(reverting(model)).toEqual([]);
    model.find(id(2));
    expect(reverting(model)).toEqual(['h2']);
    turn(model, 2);
    model.pass(60_000);
    expect(model.rollout).toMatchObject({ phase: 'rollback-failed', exit: 4 });
    expect(model.rollout.hosts[0]).toMatchObject({ phase: 'offline', told: 'old' });
    expect(model.rollout.hosts[0]?.failures).toMatchObject([{ code: 'HOSTS_MISSING' }]);
  });

  it('is aborted with a word on who goes on and who stays', () => {
    const model = failed({ batch: { hosts: 2 } });
    turn(model, 5);
    model.event({ type: 'abort', actor: 'bob@desk' });
    expect(model.rollout).toMatchObject({ phase: 'aborted', exit: 4 });
    expect(model.told.at(-1)).toBe(
      'r7 was aborted on its way back: 2 hosts go on to what ran before, 2 hosts stay as they are',
    );
    expect(model.desired.get(id(1))).toMatchObject({ state: 'old' });
    expect(model.desired.get(id(3))).toMatchObject({ state: 'new' });
  });
});

describe('an abort on the way there', () => {
  it('says that nothing was switched, or which hosts go on', () => {
    const model = new Model({ hosts });
    const pulling = new Model({ hosts });
    pulling.event({ type: 'abort', actor: 'bob@desk' });
    expect(pulling.told.at(-1)).toBe('r7 was aborted before anything was switched');
    for (const number of [1, 2, 3, 4, 5]) turn(model, number);
    model.event({ type: 'abort', actor: 'bob@desk' });
    expect(model.told.at(-1)).toBe(
      'r7 was aborted on its way: what is switched stays, and 1 host goes on switching',
    );
  });
});
