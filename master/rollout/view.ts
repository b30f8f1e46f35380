// A rollout as clients see it.

import type { RolloutView } from '../api/contract.ts';
import type { Rollout, RolloutHost } from './record.ts';

export function rolloutView(rollout: Rollout): RolloutView {
  const { id, environment, release, commit, subject, actor, cause, phase, why } = rollout;
  const { startedAt, endedAt, exit, partial } = rollout;
  return {
    ...{ id, environment, release, commit, subject, actor, cause, phase, why },
    ...{ startedAt, endedAt, exit },
    images: rollout.images.map(({ name, tag, digest }) => ({ name, tag, digest })),
    hosts: rollout.hosts.map(hostView),
    ...(partial ? { partial } : {}),
  };
}

const hostView = (host: RolloutHost): RolloutView['hosts'][number] => ({
  ...{ host: host.host, phase: host.phase, batch: host.batch, since: host.since },
  ...(host.detail === undefined ? {} : { detail: host.detail }),
  ...(host.gapMs === undefined ? {} : { gapMs: host.gapMs }),
  ...{ failures: host.failures, running: host.running },
});
