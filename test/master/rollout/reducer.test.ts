import { describe, expect, it } from 'vitest';
import { batchSize, turns } from '../../../master/rollout/batches.ts';
import { wakeAt } from '../../../master/rollout/reducer.ts';
import { hostId, Model, type Desire, type Fate } from './model.ts';

const [h1, h2, h3] = [hostId('h1'), hostId('h2'), hostId('h3')];
const three = [{ linked: true }, { linked: true }, { linked: true }];

const failing =
  (who: string, fate: Fate, state: Desire['state'] = 'new') =>
  (id: string, desire: Desire): Fate =>
    id === who && desire.mode === 'run' && desire.state === state ? fate : 'works';

/** One host works on what it has and its report arrives. */
const turn = (model: Model, id: typeof h1, fate: Fate = 'works'): void => {
  model.work(id, fate);
  model.deliver(id);
};

const pulled = (model: Model): Model => {
  for (const id of model.hosts.keys()) turn(model, id);
  return model;
};

describe('a host that is in sync already', () => {
  it('passes through without being told of as one that changes', () => {
    const hosts = [{ linked: true }, { linked: true, changes: false }];
    const model = pulled(new Model({ hosts, policy: { batch: { hosts: 1 } } }));
    model.settleAll();
    expect(model.phase).toBe('succeeded');
    const told = model.told.join('\n');
    expect(told).toMatch(
      /^r7 brings release \w+ to 1 host, all at once; 1 other in sync already$/m,
    );
    expect(told).toContain('is in sync already, and asked to be sure');
    expect(told.match(/is brought to release/g)).toHaveLength(1);
  });
});

describe('the order', () => {
  const hosts = (...names: string[]) => names.map((host) => ({ host, changes: true }));
  const plain = (list: readonly { host: { host: string }; batch: number }[]) =>
    list.map(({ host, batch }) => `${host.host} ${batch}`);

  it('is canaries, then batches, each by name', () => {
    const all = hosts('e', 'd', 'c', 'b', 'a');
    const order = turns(all, { batch: { hosts: 2 }, canary: 1 });
    expect(plain(order)).toEqual(['a 0', 'b 1', 'c 1', 'd 2', 'e 2']);
  });

  it('has those that change before those that are right, so that a canary is one that changes', () => {
    const all = [{ host: 'a', changes: false }, ...hosts('b', 'c')];
    const order = turns(all, { batch: { hosts: 1 }, canary: 1 });
    expect(plain(order)).toEqual(['b 0', 'c 1', 'a 2']);
  });

  it.each([
    [{ percent: 25 }, 4, 1],
    [{ percent: 25 }, 5, 2],
    [{ percent: 1 }, 3, 1],
    [{ percent: 100 }, 3, 3],
    [{ hosts: 7 }, 3, 7],
  ] as const)('of %j of %i hosts has batches of %i', (batch, count, size) => {
    expect(batchSize(batch, count)).toBe(size);
  });
});

describe('a rollout', () => {
  it('pulls everywhere, then switches batch by batch, and settles what works', () => {
    const model = new Model({ hosts: three, policy: { batch: { hosts: 2 } } });
    expect(model.phases).toEqual(['h1 pulling', 'h2 pulling', 'h3 pulling']);
    turn(model, h1);
    turn(model, h2);
    expect(model.phase).toBe('pulling');
    turn(model, h3);
    expect([model.phase, ...model.phases]).toEqual([
      ...['rolling-out', 'h1 switching', 'h2 switching', 'h3 pulled'],
    ]);
    turn(model, h2);
    expect(model.phases).toEqual(['h1 switching', 'h2 done', 'h3 pulled']);
    turn(model, h1);
    expect(model.phases).toEqual(['h1 done', 'h2 done', 'h3 switching']);
    turn(model, h3);
    expect(model.rollout).toMatchObject({ phase: 'succeeded', exit: 0, why: null });
    expect([...model.settled]).toEqual([h1, h2, h3]);
    expect(model.told.at(-1)).toBe('r7 succeeded: release 7f3a9c2d runs on 3 hosts');
  });

  it('goes back on every host it switched, and on no other, when one fails', () => {
    const model = pulled(new Model({ hosts: three }));
    turn(model, h1);
    turn(model, h2, 'fails');
    expect(model.rollout).toMatchObject({ phase: 'rolling-back', why: 'h2: it fails' });
    expect(model.phases).toEqual(['h1 done', 'h2 reverting', 'h3 kept-old']);
    model.settleAll();
    expect([...model.desired.values()].map(({ state, mode }) => `${mode} ${state}`)).toEqual([
      ...['run old', 'run old', 'run old'],
    ]);
    expect(model.rollout).toMatchObject({ phase: 'rolled-back', exit: 3, why: 'h2: it fails' });
    expect(model.phases).toEqual(['h1 reverted', 'h2 reverted', 'h3 kept-old']);
    expect(model.rollout.hosts[1]?.failures).toMatchObject([{ code: 'CONTAINER_EXITED' }]);
    expect(model.settled.size).toBe(0);
  });

  it('does not go back a second time when going back fails', () => {
    const model = pulled(new Model({ hosts: three }));
    model.settleAll((id, desire) => {
      if (desire.state === 'old' && id === h1) return 'fails-down';
      return failing(h2, 'fails')(id, desire);
    });
    expect(model.rollout).toMatchObject({ phase: 'rollback-failed', exit: 4 });
    expect(model.phases).toEqual(['h1 down', 'h2 reverted', 'h3 kept-old']);
  });

  it('stops where it stands when it is not to go back, after those on their way', () => {
    const policy = { onFailure: 'pause', batch: { hosts: 2 } } as const;
    const model = pulled(new Model({ hosts: three, policy }));
    turn(model, h1, 'stays');
    expect(model.phase).toBe('rolling-out');
    turn(model, h2);
    expect(model.rollout).toMatchObject({ phase: 'failed', exit: 4, why: 'h1: it stays' });
    expect(model.phases).toEqual(['h1 kept-old', 'h2 done', 'h3 kept-old']);
    expect(model.desired.get(h2)).toMatchObject({ state: 'new', mode: 'run' });
    expect(model.desired.get(h3)).toMatchObject({ state: 'old', mode: 'run' });
  });

  it('bears as many failures as it may, and shows them', () => {
    const model = pulled(new Model({ hosts: three, policy: { maxFailures: 1 } }));
    model.settleAll(failing(h1, 'fails'));
    expect(model.rollout).toMatchObject({ phase: 'succeeded', exit: 0 });
    expect(model.phases).toEqual(['h1 reverted', 'h2 done', 'h3 done']);
    expect([...model.settled]).toEqual([h2, h3]);
    expect(model.told.at(-1)).toContain('runs on 2 hosts, 1 failed');
  });

  it('counts a host that runs what it should, and shows what it could not tidy away', () => {
    const model = pulled(new Model({ hosts: three }));
    model.settleAll(failing(h2, 'untidy'));
    expect(model.rollout).toMatchObject({ phase: 'succeeded', exit: 0 });
    expect(model.rollout.hosts[1]).toMatchObject({
      phase: 'done',
      failures: [{ message: 'it untidy' }],
    });
  });

  it('that fails everywhere is no success, however many may fail', () => {
    const model = new Model({ hosts: three, policy: { maxFailures: 9, batch: { hosts: 3 } } });
    model.settleAll((_, { state, mode }) =>
      state === 'new' && mode === 'run' ? 'fails' : 'works',
    );
    expect(model.phase).toBe('rolled-back');
  });

  it('by hand back to an older release is not undone when that fails', () => {
    const model = pulled(new Model({ hosts: three, cause: 'rollback', policy: { canary: 1 } }));
    expect(model.rollout.hosts.map(({ batch }) => batch)).toEqual([1, 2, 3]);
    turn(model, h1, 'fails');
    expect(model.rollout).toMatchObject({ phase: 'failed', exit: 4 });
    expect(model.phases).toEqual(['h1 reverted', 'h2 kept-old', 'h3 kept-old']);
  });

  it('can be aborted: what is switched stays, the others keep what they ran', () => {
    const model = pulled(new Model({ hosts: three }));
    turn(model, h1);
    model.event({ type: 'abort', actor: 'bob@desk' });
    expect(model.rollout).toMatchObject({ phase: 'aborted', exit: 4, why: 'bob@desk aborted it' });
    expect(model.phases).toEqual(['h1 done', 'h2 switching', 'h3 kept-old']);
    expect(model.desired.get(h2)).toMatchObject({ state: 'new' });
    turn(model, h2);
    expect(model.phases).toEqual(['h1 done', 'h2 switching', 'h3 kept-old']);
  });
});

describe('a pull that fails', () => {
  it('for good ends it at once, and nothing was touched', () => {
    const model = new Model({ hosts: three });
    turn(model, h1);
    turn(model, h2, 'fails');
    expect(model.rollout).toMatchObject({ phase: 'rolled-back', exit: 3, why: 'h2: it fails' });
    expect(model.phases).toEqual(['h1 kept-old', 'h2 kept-old', 'h3 kept-old']);
    expect([...model.desired.values()].every(({ state }) => state === 'old')).toBe(true);
  });

  it('for a reason that can heal is asked for again, later each time, until it works', () => {
    const model = new Model({ hosts: three });
    turn(model, h1);
    turn(model, h3);
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      turn(model, h2, 'waits');
      const at = wakeAt(model.rollout) ?? 0;
      waits.push(at - model.now);
      model.pass(at - model.now - 1);
      expect(model.host(h2).busy).toBe(false);
      model.pass(1);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(model.phase).toBe('pulling');
    turn(model, h2);
    expect(model.phase).toBe('rolling-out');
    expect(model.rollout.hosts[1]).toMatchObject({ phase: 'pulled', failures: [] });
  });

  it('and does not heal in time blocks it, and nothing was touched', () => {
    const model = new Model({ hosts: three });
    turn(model, h1);
    turn(model, h3);
    turn(model, h2, 'waits');
    model.pass(60_000);
    const why = 'h2: it waits (waited 1m)';
    expect(model.rollout).toMatchObject({ phase: 'errored', exit: 5, why });
    expect(model.phases).toEqual(['h1 kept-old', 'h2 kept-old', 'h3 kept-old']);
  });
});
