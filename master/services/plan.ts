// What a change would do on each host, by the host's own word: every minion that is linked is asked at
// the same time, and nothing is written anywhere.

import { createHash } from 'node:crypto';
import { Fault, fault } from '../../states/faults.ts';
import { canonical } from '../../states/hash.ts';
import type { HostPlanView, PlanView } from '../api/contract.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { inTurn, turns } from '../rollout/batches.ts';
import { serviceChanges } from '../views/changes.ts';
import { maskedDifference, maskedStep } from './masked.ts';
import type { Change, Target } from './targets.ts';

/** A host that takes longer to look at itself is not known. */
const planMsMax = 10_000;

export async function askPlan(
  fleet: Pick<Fleet, 'connected' | 'call'>,
  change: Change,
): Promise<PlanView> {
  const linked = new Set<string>(fleet.connected());
  const hosts = await Promise.all(
    change.targets.map(async (target) =>
      linked.has(target.host) ? ask(fleet, target) : offline(target),
    ),
  );
  const { environment, release, commit, subject, warnings, removes } = change;
  return {
    ...{ id: planId(change), removes, environment, release, commit, subject, warnings },
    hosts: [...hosts].sort((one, two) => (one.host < two.host ? -1 : 1)),
    batches: batchesOf(hosts, change),
  };
}

/** Of all that is decided here. What a host does to get there it decides by what it sees then. */
function planId(change: Change): string {
  const { environment, release, commit, images, policy, partial, targets } = change;
  const hosts = targets.map(({ host, state }) => ({ host, state }));
  const decided = { environment, release, commit, images, policy, partial, hosts };
  return createHash('sha256').update(canonical(decided)).digest('hex').slice(0, 16);
}

/** Throws PLAN_OUTDATED where `agreed` names another plan than this change is. */
export function refuseOutdated(change: Change, agreed: string | undefined): void {
  if (agreed === undefined || agreed === planId(change)) return;
  const { environment, commit, subject } = change;
  const now =
    commit === null ? '' : `: they are at ${commit.slice(0, 7)} ${subject ?? ''}`.trimEnd();
  const words = `what ${environment} is to run has changed since the plan was made${now}`;
  throw fault('PLAN_OUTDATED', words);
}

async function ask(fleet: Pick<Fleet, 'call'>, target: Target): Promise<HostPlanView> {
  const { host, state, desired } = target;
  try {
    const answer = await fleet.call(host, { verb: 'plan', state }, planMsMax);
    const { switches, problems, running } = answer;
    const asked = [desired?.state, desired?.good, desired?.before].flatMap((each) => each ?? []);
    const changes = serviceChanges({ state, asked, running, switches });
    const right = answer.steps.length === 0 && problems.length === 0;
    return {
      ...{ host, state: right ? 'in-sync' : 'changes', switches, problems, running },
      steps: answer.steps.map(maskedStep),
      changes: changes.map((change) => ({
        ...change,
        differences: change.differences.map(maskedDifference),
      })),
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    // A link that does not carry an answer is none, whatever it looks like from here; and a host without
    // its Docker Engine can do as little as one that is away, and converges by itself like one.
    const gone = error.data.code === 'HOSTS_MISSING' || error.data.code === 'DOCKER_DOWN';
    return { ...offline(target), state: gone ? 'offline' : 'unknown', fault: error.data };
  }
}

const nothing = { steps: [], switches: [], changes: [], problems: [] } as const;

const offline = ({ host, observed }: Target): HostPlanView => ({
  ...{ host, state: 'offline', ...nothing },
  running: observed?.running ?? [],
});

/** Whose turn it is when; hosts that are right already only pass through and are not shown. */
function batchesOf(hosts: readonly HostPlanView[], { policy }: Change): PlanView['batches'] {
  const reached = hosts
    .filter(({ state }) => state !== 'offline')
    .map(({ host, state }) => ({ host, changes: state !== 'in-sync' }));
  const batches = new Map<number, string[]>();
  const order = turns(reached, policy)
    .filter(({ host }) => host.changes)
    .map(({ host, batch }) => ({ host: host.host, batch }))
    .sort(inTurn);
  for (const { host, batch } of order) batches.set(batch, [...(batches.get(batch) ?? []), host]);
  return [...batches.values()];
}
