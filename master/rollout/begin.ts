// A rollout's first moment: who takes part in which batch, and everybody who can be reached pulls.

import type { Running } from '../../protocol/messages.ts';
import type { HostId } from '../../states/ids.ts';
import { exits } from '../cli/exit.ts';
import { plural } from '../words.ts';
import { inTurn, turns } from './batches.ts';
import {
  ask,
  draftOf,
  enter,
  finish,
  idsOf,
  inPhase,
  patchAll,
  settle,
  type Effect,
} from './draft.ts';
import type { Rollout, RolloutHead, RolloutHost } from './record.ts';

export interface Candidate {
  readonly host: HostId;
  readonly linked: boolean;
  /** By its own plan; what is right already takes its turn last. */
  readonly changes: boolean;
  /** The newest generation the host was ever given in this environment. */
  readonly generation: number;
  /** Which of the rollout's states it gets. */
  readonly state: number;
  readonly jobs?: Omit<NonNullable<RolloutHost['jobs']>, 'done'>;
  readonly running: readonly Running[];
}

export type Beginning = Omit<
  RolloutHead,
  'phase' | 'why' | 'startedAt' | 'endedAt' | 'deadline' | 'exit'
> & { readonly hosts: readonly Candidate[] };

/** At least one of the hosts is linked. */
export function begin(beginning: Beginning, now: number): [Rollout, readonly Effect[]] {
  const draft = draftOf({ ...beginning, ...unbegun(now), hosts: lineUp(beginning, now) }, now);
  const pulling = inPhase(draft, 'pulling');
  const { id, release, actor } = beginning;
  const changing = pulling.filter(({ right }) => right !== true);
  const right = pulling.length - changing.length;
  const to = `${plural(changing.length, 'host')}, ${batchWords(changing)}`;
  const others = right === 0 ? '' : `; ${plural(right, 'other')} in sync already`;
  enter(draft, 'pulling', { actor, message: `${id} brings release ${release} to ${to}${others}` });
  const offline = idsOf(inPhase(draft, 'offline'));
  patchAll(draft, offline, () => ({}), 'has no link; it converges when it is back');
  patchAll(draft, idsOf(pulling), () => ({}), 'pulls what it needs');
  ask(draft, idsOf(pulling), 'pull');
  return [draft.rollout, draft.effects];
}

/** Every host that answers is right already: nothing to wait for, only something to write down. */
export function recordOnly(beginning: Beginning, now: number): [Rollout, readonly Effect[]] {
  const draft = draftOf({ ...beginning, ...unbegun(now), hosts: lineUp(beginning, now) }, now);
  const right = inPhase(draft, 'pulling');
  patchAll(draft, idsOf(right), () => ({ phase: 'done' }));
  ask(draft, idsOf(draft.rollout.hosts), 'new');
  settle(draft, right);
  const { id, release, actor } = beginning;
  const missing = inPhase(draft, 'offline').length;
  finish(draft, 'succeeded', {
    ...{ actor, exit: missing > 0 ? exits.missing : exits.converged },
    message: `${id} changes nothing: ${plural(right.length, 'host')} run release ${release} already`,
  });
  return [draft.rollout, draft.effects];
}

const unbegun = (now: number) => ({
  ...{ phase: 'pulling' as const, why: null, startedAt: now, endedAt: null },
  ...{ deadline: now, exit: null },
});

/** In the order of their turns; hosts without a link come last and have none. */
function lineUp({ hosts, policy, cause }: Beginning, now: number): readonly RolloutHost[] {
  // Whoever goes back by hand knows what the release does: it was run here before.
  const canary = cause === 'rollback' ? 0 : policy.canary;
  const linked = turns(
    hosts.filter((host) => host.linked),
    { batch: policy.batch, canary },
  );
  const last = 1 + Math.max(0, ...linked.map(({ batch }) => batch));
  const away = hosts.filter((host) => !host.linked).map((host) => ({ host, batch: last }));
  const all = [...linked, ...away].map(({ host, batch }): RolloutHost => ({
    ...{ host: host.host, batch, phase: host.linked ? 'pulling' : 'offline', since: now },
    state: host.state,
    ...{ told: 'nothing', switched: false, generation: host.generation, answered: false },
    ...(host.linked && !host.changes && { right: true }),
    ...(host.jobs && cause !== 'rollback' && { jobs: { ...host.jobs, done: false } }),
    ...{ lost: !host.linked, attempts: 0, retryAt: null, failures: [], running: host.running },
  }));
  return all.sort(inTurn);
}

function batchWords(hosts: readonly RolloutHost[]): string {
  const { size } = new Set(hosts.map(({ batch }) => batch));
  return size <= 1 ? 'all at once' : `in ${size} batches`;
}
