// `rollout:`, the same in a service and in an environment: how hosts are brought to a new version.

import type { z } from 'zod';
import { defaults } from '../defaults.ts';
import * as kinds from './kinds.ts';
import { count, oneOf } from './kind.ts';
import { leaf, type Reading } from './leaf.ts';
import { map } from './shape.ts';

const countMax = 100_000;

export function rolloutSchema(reading: Reading) {
  const value = leaf(reading);
  const { rollout } = defaults;
  return map('`rollout`', {
    batch: value(kinds.batch, {
      about: 'Hosts that are changed at the same time: a number, or a part like 25%.',
      default: rollout.batch,
    }).exactOptional(),
    canary: value(count(0, countMax), {
      about: 'Hosts that go first, before any batch.',
      default: rollout.canary,
    }).exactOptional(),
    min_healthy: value(kinds.duration(0), {
      about: 'Time without a break that a service must be healthy before it counts.',
      default: rollout.min_healthy,
    }).exactOptional(),
    progress: value(kinds.duration(1_000), {
      about: 'Time without a newly healthy host after which the rollout has failed.',
      default: rollout.progress,
    }).exactOptional(),
    max_failures: value(count(0, countMax), {
      about: 'Hosts that may fail before the rollout has failed.',
      default: rollout.max_failures,
    }).exactOptional(),
    on_failure: value(oneOf('rollback', 'pause'), {
      about: 'Whether a failed rollout goes back by itself or waits for a person.',
      default: rollout.on_failure,
    }).exactOptional(),
  });
}

export type Rollout = z.output<ReturnType<typeof rolloutSchema>>;
