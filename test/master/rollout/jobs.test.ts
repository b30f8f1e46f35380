// Jobs as a barrier of a rollout: nothing is switched before all of them have ended well.

import { describe, expect, it } from 'vitest';
import { hostId, Model, type Desire, type Fate, type Start } from './model.ts';

const [h1, h2] = [hostId('h1'), hostId('h2')];
const shared = { shared: true, timeoutMs: 900_000 };
const two = (more: Partial<Start> = {}): Start => ({
  hosts: [{ linked: true, jobs: shared }, { linked: true }],
  policy: { batch: { hosts: 2 } },
  ...more,
});

/** One host works on what it has and its report arrives. */
const turn = (model: Model, id: typeof h1, fate: Fate = 'works'): void => {
  model.work(id, fate);
  model.deliver(id);
};
const pulled = (start: Start): Model => {
  const model = new Model(start);
  turn(model, h1);
  turn(model, h2);
  return model;
};
const asked = (model: Model, id: typeof h1): Desire => {
  const desire = model.desired.get(id);
  if (desire === undefined) throw new Error('never asked');
  return desire;
};

describe('jobs', () => {
  it('run when all have pulled, and before anything is switched', () => {
    const model = new Model(two());
    turn(model, h1);
    expect(asked(model, h1).jobs).toBeUndefined();
    turn(model, h2);
    expect(model.phases).toEqual(['h1 pulling', 'h2 pulled']);
    expect(asked(model, h1)).toMatchObject({ mode: 'pull', jobs: true, state: 'new' });
    turn(model, h1);
    expect(model.phases).toEqual(['h1 switching', 'h2 switching']);
    expect(asked(model, h1)).toMatchObject({ mode: 'run' });
    expect(asked(model, h1).jobs).toBeUndefined();
    model.settleAll();
    expect(model.phase).toBe('succeeded');
  });

  it('that fail stop it before anything was switched', () => {
    const model = pulled(two());
    turn(model, h1, 'fails');
    expect(model.phase).toBe('rolled-back');
    expect(model.rollout.why).toBe('h1: it fails');
    expect(model.rollout.hosts.map(({ switched }) => switched)).toEqual([false, false]);
    expect([...model.desired.values()].map(({ state }) => state)).toEqual(['old', 'old']);
    expect(model.told).toContain('r7 failed before anything was switched');
  });

  it('have their own time, and go on over a restart of the master', () => {
    const model = pulled(two());
    model.pass(899_000);
    expect(model.phase).toBe('pulling');
    model.restart();
    model.find(h1);
    model.find(h2);
    turn(model, h1);
    model.settleAll();
    expect(model.phase).toBe('succeeded');
  });

  it('keep their time while others get further, and over a restart of the master', () => {
    const own = { shared: false, timeoutMs: 3_600_000 };
    const model = pulled({
      ...two(),
      hosts: [
        { linked: true, jobs: own },
        { linked: true, jobs: own },
      ],
    });
    turn(model, h1);
    model.pass(3_000_000);
    expect(model.phases).toEqual(['h1 pulled', 'h2 pulling']);
    model.restart();
    model.find(h1);
    model.find(h2);
    model.pass(3_000_000);
    expect(model.phases).toEqual(['h1 pulled', 'h2 pulling']);
    model.pass(700_000);
    expect(model.rollout).toMatchObject({
      phase: 'errored',
      why: 'h2: its jobs have not ended (waited 1h1m)',
    });
  });

  it('that all wait for are not left out because their host went away', () => {
    const model = pulled(two());
    model.lose(h1);
    model.pass(960_001);
    expect(model.phase).toBe('errored');
    expect(model.rollout.why).toBe(
      'h1 cannot be reached, and a job must run there before anything is switched',
    );
    expect(model.rollout.hosts.some(({ switched }) => switched)).toBe(false);
  });

  it.each(['before it was told to run them', 'while it ran them'])(
    'that all wait for are not left out because their host was removed %s',
    (when) => {
      const model = when === 'while it ran them' ? pulled(two()) : new Model(two());
      model.event({ type: 'removed', host: h1 });
      expect(model.rollout).toMatchObject({
        ...{ phase: 'errored', exit: 6 },
        why: 'h1 was removed, and a job must run there before anything is switched',
      });
      expect(model.rollout.hosts.some(({ switched }) => switched)).toBe(false);
    },
  );

  it('of each host are left to it where it went away', () => {
    const own = { shared: false, timeoutMs: 1_000 };
    const model = pulled(two({ hosts: [{ linked: true, jobs: own }, { linked: true }] }));
    model.lose(h1);
    model.pass(61_001);
    expect(model.phases).toEqual(['h1 offline', 'h2 switching']);
  });

  it('do not run on the way back', () => {
    const model = pulled(two({ cause: 'rollback' }));
    expect(model.phases).toEqual(['h1 switching', 'h2 switching']);
  });
});
