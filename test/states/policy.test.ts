import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rolloutPolicy } from '../../states/policy.ts';
import type { Rollout } from '../../states/schema/rollout.ts';
import { hostOf, resolved, statesOf } from './sample.ts';

const standard = {
  batch: { hosts: 1 },
  canary: 0,
  progressMs: 600_000,
  maxFailures: 0,
  onFailure: 'rollback',
};

describe('the policy of an environment', () => {
  it('is the default where nobody says anything', () => {
    expect(rolloutPolicy({}, [{}, {}], 10)).toEqual(standard);
  });

  it('is what the environment says, whatever its services say', () => {
    const own: Rollout = {
      batch: { percent: 50 },
      canary: 0,
      progress: 60_000,
      max_failures: 3,
      on_failure: 'pause',
    };
    const careful: Rollout = {
      batch: { hosts: 1 },
      canary: 5,
      progress: 600_000,
      max_failures: 0,
      on_failure: 'rollback',
    };
    expect(rolloutPolicy(own, [careful], 10)).toEqual({
      batch: { percent: 50 },
      canary: 0,
      progressMs: 60_000,
      maxFailures: 3,
      onFailure: 'pause',
    });
  });

  it('is the most careful of what its services say, key by key', () => {
    const services: readonly Rollout[] = [
      { batch: { percent: 25 }, canary: 1, progress: 60_000, max_failures: 2, on_failure: 'pause' },
      { batch: { hosts: 4 }, canary: 2, progress: 1_200_000, max_failures: 1 },
      { on_failure: 'rollback' },
      {},
    ];
    expect(rolloutPolicy({}, services, 10)).toEqual({
      batch: { percent: 25 },
      canary: 2,
      progressMs: 1_200_000,
      maxFailures: 1,
      onFailure: 'rollback',
    });
    expect(rolloutPolicy({}, services, 100).batch).toEqual({ hosts: 4 });
  });

  it('does not depend on the order of the services', () => {
    const rollout: fc.Arbitrary<Rollout> = fc.record(
      {
        canary: fc.nat(5),
        progress: fc.nat(1_000),
        max_failures: fc.nat(5),
        on_failure: fc.constantFrom('rollback', 'pause'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(rollout, { maxLength: 5 }), (services) => {
        const there = rolloutPolicy({}, services, 10);
        expect(rolloutPolicy({}, [...services].reverse(), 10)).toEqual(there);
      }),
    );
  });

  it('is of services that run there only, and min_healthy is each one’s own', () => {
    const changes = {
      'services/api.yaml': 'image: api\nrollout: { batch: 50%, min_healthy: 1s }\n',
      'services/game.yaml': 'image: game\nrollout: { batch: 2, min_healthy: 2s }\n',
      'services/db.yaml': 'image: game\ntargets: role=db\nrollout: { batch: 1 }\n',
      'versions/beta.yaml': 'images: { api: { tag: "1" }, game: { tag: "1" } }\n',
    };
    const inventory = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => hostOf(id));
    const environment = resolved(statesOf(changes), { inventory });
    expect(environment.policy.batch).toEqual({ hosts: 2 });
    const [host] = environment.hosts;
    expect(host?.state.containers.map(({ minHealthyMs }) => minHealthyMs)).toEqual([1_000, 2_000]);
  });
});
