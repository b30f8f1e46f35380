// The order in which hosts take their turn: canaries first, then batches; hosts that will change come
// before those that are right already, so that a canary is one that really changes.

import type { RolloutPolicy } from '../../states/model.ts';

interface Turn<Host> {
  readonly host: Host;
  /** 0 for the canaries when there are any, then 1, 2, … */
  readonly batch: number;
}

export function turns<Host extends { readonly host: string; readonly changes: boolean }>(
  hosts: readonly Host[],
  policy: Pick<RolloutPolicy, 'batch' | 'canary'>,
): readonly Turn<Host>[] {
  const size = batchSize(policy.batch, hosts.length);
  return [...hosts].sort(changesFirst).map((host, at) => ({
    host,
    batch: at < policy.canary ? 0 : 1 + Math.floor((at - policy.canary) / size),
  }));
}

/** At least one; a part of a host is a host. */
export const batchSize = (batch: RolloutPolicy['batch'], hosts: number): number =>
  Math.max(1, 'hosts' in batch ? batch.hosts : Math.ceil((hosts * batch.percent) / 100));

/** The one order of a rollout's hosts, also when they come out of the store. */
export const inTurn = (
  one: { readonly batch: number; readonly host: string },
  two: { readonly batch: number; readonly host: string },
): number => one.batch - two.batch || (one.host < two.host ? -1 : 1);

function changesFirst<Host extends { readonly host: string; readonly changes: boolean }>(
  one: Host,
  two: Host,
): number {
  if (one.changes !== two.changes) return one.changes ? -1 : 1;
  return one.host < two.host ? -1 : 1;
}
