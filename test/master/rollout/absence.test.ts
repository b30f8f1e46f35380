import { describe, expect, it } from 'vitest';
import { hostId, Model, type Desire, type Fate } from './model.ts';

const [h1, h2, h3] = [hostId('h1'), hostId('h2'), hostId('h3')];
const three = [{ linked: true }, { linked: true }, { linked: true }];
const oneAway = [{ linked: true }, { linked: false }, { linked: true }];

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

describe('the deadline', () => {
  it('begins anew with every host that gets further', () => {
    const model = pulled(new Model({ hosts: three }));
    for (const id of [h1, h2, h3]) {
      model.pass(59_999);
      expect(model.phase).toBe('rolling-out');
      turn(model, id);
    }
    expect(model.phase).toBe('succeeded');
  });

  it('makes a host that is there but stands still a failure', () => {
    const model = pulled(new Model({ hosts: three }));
    model.pass(60_000);
    expect(model.rollout).toMatchObject({
      phase: 'rolling-back',
      why: 'h1: it did not get further within 1m',
    });
    model.settleAll();
    expect(model.phase).toBe('rolled-back');
  });

  it('begins anew when the master was away', () => {
    const model = pulled(new Model({ hosts: three }));
    model.now += 600_000;
    model.restart();
    model.pass(59_999);
    expect(model.phase).toBe('rolling-out');
    for (const id of [h1, h2, h3]) model.find(id);
    model.settleAll();
    expect(model.phase).toBe('succeeded');
  });
});

describe('a host without a link', () => {
  it('at the beginning is not waited for; it is told, and converges when it is back', () => {
    const model = new Model({ hosts: oneAway });
    model.settleAll();
    expect(model.rollout).toMatchObject({ phase: 'succeeded', exit: 6 });
    expect(model.phases).toEqual(['h1 done', 'h2 offline', 'h3 done']);
    expect(model.desired.get(h2)).toMatchObject({ state: 'new', mode: 'run' });
    expect(model.told.at(-1)).toContain('runs on 2 hosts, 1 missing');
    expect([...model.settled]).toEqual([h1, h3]);
  });

  it('at the beginning is given nothing by a rollout that fails', () => {
    const model = new Model({ hosts: oneAway });
    model.settleAll(failing(h1, 'fails'));
    expect(model.phase).toBe('rolled-back');
    expect(model.desired.has(h2)).toBe(false);
  });

  it('that it lost while it pulled is left behind at the deadline', () => {
    const model = new Model({ hosts: three });
    turn(model, h1);
    turn(model, h3);
    model.lose(h2);
    expect(model.rollout.hosts[1]?.detail).toContain('its link is gone');
    model.pass(60_000);
    expect(model.phases).toEqual(['h1 switching', 'h2 offline', 'h3 pulled']);
    model.find(h2);
    turn(model, h2);
    expect(model.phases).toEqual(['h1 switching', 'h2 offline', 'h3 pulled']);
    model.settleAll();
    expect(model.rollout).toMatchObject({ phase: 'succeeded', exit: 6 });
    expect(model.desired.get(h2)).toMatchObject({ state: 'new', mode: 'run' });
  });

  it('that it lost while it switched and found again goes on', () => {
    const model = pulled(new Model({ hosts: three }));
    model.lose(h1);
    model.work(h1, 'works');
    model.pass(30_000);
    expect(model.phases).toEqual(['h1 switching', 'h2 pulled', 'h3 pulled']);
    model.find(h1);
    model.settleAll();
    expect(model.rollout).toMatchObject({ phase: 'succeeded', exit: 0 });
    expect(model.told).toContain('is linked again');
  });

  it('that it lost for good while it switched is a failure at the deadline, and not rolled back', () => {
    const model = pulled(new Model({ hosts: three }));
    model.lose(h1);
    model.pass(60_000);
    expect(model.phases).toEqual(['h1 offline', 'h2 kept-old', 'h3 kept-old']);
    expect(model.rollout).toMatchObject({ phase: 'rollback-failed', exit: 4 });
    expect(model.rollout.hosts[0]?.failures).toMatchObject([{ code: 'HOSTS_MISSING' }]);
    expect(model.desired.get(h1)).toMatchObject({ state: 'old', mode: 'run' });
  });

  it('that may be lost makes a success with a host missing', () => {
    const model = pulled(new Model({ hosts: three, policy: { maxFailures: 1 } }));
    model.lose(h1);
    model.pass(60_000);
    model.settleAll();
    expect(model.rollout).toMatchObject({ phase: 'succeeded', exit: 6 });
    expect(model.phases).toEqual(['h1 offline', 'h2 done', 'h3 done']);
  });

  it('is errored when no other is left', () => {
    const model = new Model({ hosts: [{ linked: true }] });
    model.lose(h1);
    model.pass(60_000);
    expect(model.rollout).toMatchObject({ phase: 'errored', exit: 6 });
  });
});

describe('a host', () => {
  it('that holds something newer than the master knows of is asked with what is newer still', () => {
    const model = pulled(new Model({ hosts: three }));
    model.find(h1, 41);
    expect(model.desired.get(h1)).toMatchObject({ generation: 42, state: 'new', mode: 'run' });
    model.settleAll();
    expect(model.phase).toBe('succeeded');
  });

  it('is not believed about what it was asked for before', () => {
    const model = new Model({ hosts: three });
    for (const id of [h1, h2, h3]) model.work(id, 'works');
    model.deliver(h1, { again: true });
    model.deliver(h1, { again: true });
    model.deliver(h2);
    model.deliver(h3);
    expect(model.phases).toEqual(['h1 switching', 'h2 pulled', 'h3 pulled']);
    model.deliver(h1);
    expect(model.phases).toEqual(['h1 switching', 'h2 pulled', 'h3 pulled']);
  });

  it('says a thing once, however often it reports it', () => {
    const model = pulled(new Model({ hosts: three, policy: { batch: { hosts: 2 } } }));
    model.work(h1, 'works');
    model.deliver(h1, { again: true });
    const before = model.rollout;
    const told = model.told.length;
    model.now += 5;
    model.deliver(h1, { again: true });
    expect(model.rollout).toBe(before);
    expect(model.told.length).toBe(told);
  });

  it('that was left behind keeps what it ran when all others are removed', () => {
    const model = new Model({ hosts: three });
    turn(model, h1);
    turn(model, h3);
    model.lose(h2);
    model.pass(60_000);
    model.event({ type: 'removed', host: h1 });
    model.event({ type: 'removed', host: h3 });
    expect(model.rollout).toMatchObject({ phase: 'errored', exit: 6 });
    expect(model.desired.get(h2)).toMatchObject({ state: 'old', mode: 'run' });
  });

  it('that is removed is waited for no longer', () => {
    const model = pulled(new Model({ hosts: three }));
    model.event({ type: 'removed', host: h1 });
    expect(model.phases).toEqual(['h2 switching', 'h3 pulled']);
    model.settleAll();
    expect(model.rollout).toMatchObject({ phase: 'succeeded', exit: 0 });
  });
});
