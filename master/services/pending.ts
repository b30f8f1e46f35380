// What people have changed in the states that the hosts of a stage do not run yet: the same release,
// with another variable, limit or host. It is rolled out by `master apply`, or with the next release.

import type { EnvironmentName } from '../../states/ids.ts';
import { pinnedTo } from '../../states/pinned.ts';
import { resolveEnvironment } from '../../states/resolve.ts';
import type { StageView } from '../api/contract.ts';
import type { HostBook } from '../hosts.ts';
import { liveStage, releaseOf } from '../pipeline/change.ts';
import type { Pipeline } from '../pipeline/record.ts';
import { readDesired } from '../rollout/keys.ts';
import type { Store } from '../store/store.ts';
import { plural } from '../words.ts';
import type { StatesReader } from './states.ts';

export interface PendingOptions {
  readonly store: Store;
  readonly hosts: HostBook;
  readonly states: StatesReader;
}

export async function withPending(
  options: PendingOptions,
  pipeline: Pipeline,
  view: StageView,
): Promise<StageView> {
  const stage = liveStage(pipeline, view.environment)?.stage;
  const release = releaseOf(pipeline, stage?.current?.release ?? '');
  if (stage === undefined || stage.active !== null || release === undefined) return view;
  const { environment } = stage;
  const changed = await hostsChanged(options, environment, release);
  if (changed === 0) return view;
  const pending = `the states ask for a change on ${plural(changed, 'host')}: master apply ${environment}`;
  return { ...view, pending };
}

/** By the states that were read last. None where they are not right: that is told elsewhere. */
async function hostsChanged(
  { store, hosts, states }: PendingOptions,
  environment: EnvironmentName,
  release: NonNullable<ReturnType<typeof releaseOf>>,
): Promise<number> {
  const read = states.last;
  if (read === undefined) return 0;
  const pinned = pinnedTo(read.states, {
    environment,
    release: release.id,
    images: release.images,
  });
  if (pinned?.environments.has(environment) !== true) return 0;
  const inventory = await hosts.inventory();
  const { commit } = read;
  const request = { environment, inventory, digests: new Map<string, string>(), commit };
  const resolved = resolveEnvironment(pinned, request);
  if (!resolved.ok) return 0;
  const differing = await Promise.all(
    resolved.environment.hosts.map(async ({ host, state }) => {
      const { value } = await readDesired(store, environment, host.id);
      return JSON.stringify(value?.state.containers ?? []) !== JSON.stringify(state.containers);
    }),
  );
  return differing.filter(Boolean).length;
}
