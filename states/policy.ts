// The rollout policy of an environment: what the environment itself says wins; otherwise, key by key,
// the most careful of what the services say that run in it; otherwise the default.

import { defaults } from './defaults.ts';
import type { RolloutPolicy } from './model.ts';
import type { Rollout } from './schema/rollout.ts';
import { written } from './schema/service-checks.ts';

/** A service that says nothing asks for nothing: only what is said is compared. */
export function rolloutPolicy(
  environment: Rollout,
  services: readonly Rollout[],
  hosts: number,
): RolloutPolicy {
  const said = [environment, ...services];
  const own = <K extends keyof Rollout>(key: K, careful: Choice<NonNullable<Rollout[K]>>) =>
    environment[key] ?? pick(said.slice(1), key, careful);
  const { rollout } = defaults;
  return {
    batch: own('batch', smallest(hosts)) ?? { hosts: rollout.batch },
    canary: own('canary', (one, other) => one > other) ?? rollout.canary,
    // The longest: a service that takes its time must not fail because another one is quick.
    progressMs: own('progress', (one, other) => one > other) ?? written(rollout.progress),
    maxFailures: own('max_failures', (one, other) => one < other) ?? rollout.max_failures,
    // Going back leaves users with what worked; who wants to look first says so for all.
    onFailure: own('on_failure', (one) => one === 'rollback') ?? rollout.on_failure,
  };
}

/** Whether the first is the more careful one. */
type Choice<T> = (one: T, other: T) => boolean;

function pick<K extends keyof Rollout>(
  said: readonly Rollout[],
  key: K,
  careful: Choice<NonNullable<Rollout[K]>>,
): NonNullable<Rollout[K]> | undefined {
  let best: NonNullable<Rollout[K]> | undefined;
  for (const { [key]: value } of said) {
    if (value === undefined) continue;
    if (best === undefined || careful(value, best)) {
      best = value;
    }
  }
  return best;
}

type Batch = RolloutPolicy['batch'];

const smallest =
  (hosts: number): Choice<Batch> =>
  (one, other) =>
    batchSize(one, hosts) < batchSize(other, hosts);

const batchSize = (batch: Batch, hosts: number): number =>
  'hosts' in batch ? batch.hosts : Math.max(1, Math.ceil((hosts * batch.percent) / 100));
