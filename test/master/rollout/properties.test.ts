import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchSize } from '../../../master/rollout/batches.ts';
import { isOver, type Rollout, type RolloutHost } from '../../../master/rollout/record.ts';
import { advance, wakeAt, type RolloutEvent } from '../../../master/rollout/reducer.ts';
import { Model, reread, type Start } from './model.ts';
import { happenings, perform, start } from './schedules.ts';

const rank: Readonly<Record<Rollout['phase'], number>> = {
  ...{ pulling: 0, 'rolling-out': 1, 'rolling-back': 2, succeeded: 3, 'rolled-back': 3 },
  ...{ 'rollback-failed': 3, failed: 3, errored: 3, aborted: 3 },
};

const runs = Number(process.env['BRINE_RUNS'] ?? 1_000);

/** Looks at every decision of a rollout that a random fate befalls. */
function everyStep(
  look: (model: Model, before: Rollout, start: Start) => void,
  end: (model: Model, start: Start) => void = () => undefined,
): void {
  fc.assert(
    fc.property(start, happenings, (from, all) => {
      const model = new Model(from);
      model.onStep = (before) => look(model, before, from);
      for (const each of all) perform(model, each);
      end(model, from);
    }),
    { numRuns: runs },
  );
}

const outOfService = (rollout: Rollout): readonly RolloutHost[] =>
  rollout.hosts.filter(({ phase }) => phase === 'switching');

const failed = ({ hosts }: Rollout): readonly RolloutHost[] =>
  hosts.filter(
    ({ phase, switched }) =>
      switched && ['failed', 'reverted', 'kept-old', 'down', 'offline'].includes(phase),
  );

function largestBatch(rollout: Rollout): number {
  const sizes = new Map<number, number>();
  for (const { batch } of rollout.hosts) sizes.set(batch, (sizes.get(batch) ?? 0) + 1);
  return Math.max(0, ...sizes.values());
}

describe('whatever befalls a rollout,', () => {
  it('all that can happen does happen here', () => {
    const seen = new Map<string, number>();
    const count = (word: string): void => void seen.set(word, (seen.get(word) ?? 0) + 1);
    const ends = ['succeeded', 'rolled-back', 'rollback-failed', 'failed', 'errored', 'aborted'];
    const hosts = ['pulled', 'switching', 'done', 'failed', 'reverting', 'reverted', 'kept-old'];
    const all = ['rolling-out', 'rolling-back', ...ends, ...hosts, 'down', 'offline'];
    const rare = () => all.find((each) => (seen.get(each) ?? 0) <= 2);
    // What is rare may be missing from one round by chance, and never from all.
    for (let round = 0; round < 10 && rare() !== undefined; round += 1) {
      everyStep(({ rollout }, before) => {
        if (rollout.phase !== before.phase) count(rollout.phase);
        for (const { phase } of rollout.hosts) count(phase);
      });
    }
    expect(rare()).toBeUndefined();
  });

  it('no more than one batch is out of service at once, and none before all have pulled', () => {
    everyStep(({ rollout }) => {
      const out = outOfService(rollout);
      expect(new Set(out.map(({ batch }) => batch)).size).toBeLessThanOrEqual(1);
      if (rollout.phase === 'pulling') expect(out).toEqual([]);
      if (out.length > 0) {
        const earlier = rollout.hosts.filter(({ batch }) => batch < (out[0]?.batch ?? 0));
        expect(earlier.filter(({ phase }) => phase === 'pulled')).toEqual([]);
        expect(rollout.hosts.filter(({ phase }) => phase === 'pulling')).toEqual([]);
      }
    });
  });

  it('no more than a batch of what serves is stopped at once, there and back, restarts included', () => {
    const stopped = ['switching', 'reverting', 'failed', 'down', 'offline'];
    const onTheirWay = ['switching', 'reverting'];
    everyStep(({ rollout }, before, from) => {
      const served = new Set<string>();
      for (const { host, phase } of before.hosts) if (!stopped.includes(phase)) served.add(host);
      const moving = rollout.hosts.filter(({ phase }) => onTheirWay.includes(phase));
      const taken = moving.filter(({ host }) => served.has(host));
      if (taken.length === 0) return;
      // Whoever else is out of service failed, or could not go back: nobody waits for it any more.
      const asked = new Map(before.hosts.map(({ host, generation }) => [host, generation]));
      expect(moving.filter(({ host, generation }) => asked.get(host) === generation)).toEqual([]);
      const linked = from.hosts.filter((host) => host.linked).length;
      const { batch = { hosts: 1 }, canary = 0 } = from.policy ?? {};
      const size = batchSize(batch, linked);
      const most = rollout.phase === 'rolling-back' ? size : Math.max(size, canary);
      expect(moving.length).toBeLessThanOrEqual(most);
    });
  });

  it('no batch begins past the failures allowed, so never more fail than those and one batch', () => {
    everyStep((model, before) => {
      const { rollout } = model;
      const { maxFailures } = rollout.policy;
      if (rollout.phase !== 'rolling-out') return;
      expect(failed(rollout).length).toBeLessThanOrEqual(maxFailures + largestBatch(before));
      const began = outOfService(rollout).filter(
        ({ host }) => before.hosts.find((each) => each.host === host)?.phase === 'pulled',
      );
      if (began.length > 0) expect(failed(rollout).length).toBeLessThanOrEqual(maxFailures);
    });
  });

  it('its phases never move backwards, and nothing moves it when it is over', () => {
    everyStep(({ rollout }, before) => {
      if (isOver(before)) expect(rollout).toBe(before);
      expect(rank[rollout.phase]).toBeGreaterThanOrEqual(rank[before.phase]);
      expect(isOver(rollout)).toBe(rank[rollout.phase] === 3);
      expect(rollout.exit === null).toBe(rollout.endedAt === null);
    });
  });

  it('what hosts are asked for only gets newer', () => {
    fc.assert(
      fc.property(start, happenings, (from, all) => {
        const model = new Model(from);
        const newest = new Map([...model.desired].map(([id, { generation }]) => [id, generation]));
        model.onStep = (_, effects) => {
          for (const effect of effects) {
            if (effect.do !== 'desire') continue;
            expect(effect.generation).toBeGreaterThan(newest.get(effect.host) ?? 0);
            newest.set(effect.host, effect.generation);
          }
        };
        for (const each of all) perform(model, each);
      }),
      { numRuns: runs },
    );
  });

  it('it ends when time goes on', () => {
    everyStep(
      () => undefined,
      (model) => {
        let waits = 0;
        for (let at = wakeAt(model.rollout); at !== undefined; at = wakeAt(model.rollout)) {
          expect((waits += 1)).toBeLessThan(200);
          model.pass(Math.max(0, at - model.now));
        }
        expect(isOver(model.rollout)).toBe(true);
      },
    );
  });

  it('every host is in the end asked for what the outcome says', () => {
    everyStep(
      () => undefined,
      (model) => {
        for (let at = wakeAt(model.rollout); at !== undefined; at = wakeAt(model.rollout)) {
          model.pass(Math.max(0, at - model.now));
        }
        const { phase, hosts } = model.rollout;
        for (const { host, told, switched } of hosts) {
          expect(told).not.toBe('pull');
          if (told !== 'nothing') expect(model.desired.get(host)?.mode).toBe('run');
          if (phase === 'succeeded') expect(told).toBe('new');
          if (phase === 'rolled-back' || phase === 'rollback-failed') expect(told).not.toBe('new');
          if (phase === 'errored') expect(switched).toBe(false);
        }
        // Only a success makes a state one to go back to, and only where it works.
        if (phase !== 'succeeded') expect(model.settled.size).toBe(0);
        for (const id of model.settled) {
          expect(hosts.find(({ host }) => host === id)?.phase).toBe('done');
        }
      },
    );
  });

  it('a rollout that goes back by hand is never rolled back', () => {
    everyStep(({ rollout }) => {
      if (rollout.cause === 'rollback') expect(rollout.phase).not.toBe('rolling-back');
    });
  });

  it('what is decided is the same when the record is written and read again in between', () => {
    fc.assert(
      fc.property(start, happenings, (from, all) => {
        const model = new Model(from);
        const events: { event: RolloutEvent; now: number }[] = [];
        const first = model.rollout;
        const handle = model.event.bind(model);
        model.event = (event) => {
          events.push({ event, now: model.now });
          handle(event);
        };
        for (const each of all) perform(model, each);
        let other = first;
        for (const { event, now } of events) [other] = advance(reread(other), event, now);
        expect(reread(other)).toEqual(reread(model.rollout));
      }),
      { numRuns: runs },
    );
  });

  it('effects carried out twice are as if they were carried out once', () => {
    fc.assert(
      fc.property(start, happenings, (from, all) => {
        const once = new Model(from);
        const twice = new Model(from);
        const carryOut = twice.carryOut.bind(twice);
        twice.carryOut = (effects) => {
          carryOut(effects);
          carryOut(effects);
        };
        for (const each of all) {
          perform(once, each);
          perform(twice, each);
        }
        expect(twice.rollout).toEqual(once.rollout);
        expect(twice.desired).toEqual(once.desired);
        expect(twice.settled).toEqual(once.settled);
      }),
      { numRuns: runs },
    );
  });
});
