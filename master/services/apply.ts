// From a change to a rollout: the hosts are asked first, and a rollout begins only where one of them
// would do something. What is right already is written down as wanted, and nobody waits.

import { fault } from '../../states/faults.ts';
import type { ApplyAnswer, HostPlanView, PlanView } from '../api/contract.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { RolloutDriver, RolloutRequest } from '../rollout/driver.ts';
import { rolloutView } from '../rollout/view.ts';
import { listed, plural } from '../words.ts';
import { askPlan } from './plan.ts';
import { differs, type Change } from './targets.ts';

interface ApplyOptions {
  readonly fleet: Pick<Fleet, 'connected' | 'call'>;
  readonly driver: RolloutDriver;
  readonly events: { readonly newest: number };
}

export interface Asked {
  readonly actor: string;
  readonly cause: 'apply' | 'rollback' | 'promotion';
  readonly promotion?: NonNullable<RolloutRequest['promotion']>;
}

export async function carryOut(
  options: ApplyOptions,
  change: Change,
  asked: Asked,
): Promise<ApplyAnswer> {
  const { fleet, driver, events } = options;
  const plan = await askPlan(fleet, change);
  refuseProblems(plan);
  const since = events.newest;
  const changing = plan.hosts.some(({ state }) => state === 'changes');
  const unknown = plan.hosts.some(({ state }) => state === 'unknown');
  const unwritten = change.targets.some(differs);
  if (changing || (unknown && unwritten)) {
    const rollout = await driver.start(requestOf(change, plan, asked));
    return { rollout: rolloutView(rollout), plan, since };
  }
  if (plan.hosts.every(({ state }) => state === 'offline')) throw nobody(plan);
  if (unwritten) await driver.record(requestOf(change, plan, asked));
  return { rollout: null, plan, since };
}

/** Before the hosts are asked: they cannot answer well while they are being changed. */
export function refuseBusy(driver: RolloutDriver, environment: string): void {
  const busy = driver.current(environment);
  if (busy === undefined) return;
  throw fault('ROLLOUT_BUSY', `${busy.id} of ${environment} is ${busy.phase} already`);
}

function refuseProblems({ hosts }: PlanView): void {
  const [first] = hosts.filter(({ problems }) => problems.length > 0);
  const problem = first?.problems[0];
  if (first === undefined || problem === undefined) return;
  const others = hosts.flatMap(({ problems }) => problems).length - 1;
  const more = others > 0 ? ` (and ${plural(others, 'other problem')}, see \`master plan\`)` : '';
  const words = `${problem.service}: ${problem.message}${more}; nothing was touched`;
  throw fault(problem.code, words, { where: first.host });
}

function nobody({ hosts, environment }: PlanView): Error {
  const names = listed(
    hosts.map(({ host }) => host),
    8,
  );
  return fault('HOSTS_MISSING', `no host of ${environment} has a link: ${names}`);
}

function requestOf(change: Change, plan: PlanView, asked: Asked): RolloutRequest {
  const { project, environment, release, commit, subject, images, policy, partial } = change;
  const views = new Map(plan.hosts.map((view) => [view.host, view]));
  return {
    ...{ project, environment, release, commit, subject, images, policy, partial, ...asked },
    hosts: change.targets.map(({ host, state }) => {
      const view = views.get(host);
      if (view === undefined) throw new Error(`${host} is in no plan`);
      return { host, state, ...standing(view) };
    }),
  };
}

const standing = ({ state, running }: HostPlanView) => ({
  linked: state !== 'offline',
  changes: state !== 'in-sync',
  running,
});
