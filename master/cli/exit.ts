// What every exit code means, in one place, and how a result becomes one.

import { faults } from '../../states/faults.ts';
import type { PlanView, RolloutView } from '../api/contract.ts';
import type { PromotionView } from '../api/pipeline-contract.ts';
import type { RolloutPhase } from '../events.ts';

export const exits = {
  converged: 0,
  invalid: 1,
  pending: 2,
  rolledBack: 3,
  notRolledBack: 4,
  blocked: 5,
  missing: 6,
  testsFailed: 7,
  lost: 8,
  detached: 130,
} as const;

/** What each code says, for the help text and the docs. */
export const exitMeanings: readonly (readonly [number, string])[] = [
  [exits.converged, 'converged'],
  [exits.invalid, 'invalid input'],
  [exits.pending, 'changes pending (plan --exit-code)'],
  [exits.rolledBack, 'failed, rolled back'],
  [exits.notRolledBack, 'failed, not rolled back'],
  [exits.blocked, 'blocked'],
  [exits.missing, 'hosts missing'],
  [exits.testsFailed, 'tests failed'],
  [exits.lost, 'lost the master (the work goes on)'],
  [exits.detached, 'detached (the work goes on)'],
];

/** Phases that a rollout never leaves. */
export const isOver = (phase: RolloutPhase): boolean => ending[phase] !== undefined;

/** The master's own word where it has given one. */
export const rolloutExit = (rollout: RolloutView): number =>
  rollout.exit ?? ending[rollout.phase] ?? exits.detached;

/** The same; what is not over waits for a gate or for a person. */
export const promotionExit = ({ exit }: PromotionView): number => exit ?? exits.blocked;

export function planExit(plan: PlanView, exitCode: boolean): number {
  const problem = plan.hosts.flatMap((host) => host.problems)[0];
  if (problem !== undefined) return faults[problem.code].exit;
  if (plan.hosts.some((host) => host.state === 'unknown')) return exits.missing;
  if (!exitCode) return exits.converged;
  if (plan.hosts.some((host) => host.state === 'changes')) return exits.pending;
  return plan.hosts.some((host) => host.state === 'offline') ? exits.missing : exits.converged;
}

/** Nothing had to be done: converged, unless a host could not be asked. */
export const noopExit = (plan: PlanView): number =>
  plan.hosts.every((host) => host.state === 'in-sync') ? exits.converged : exits.missing;

const ending: Readonly<Record<RolloutPhase, number | undefined>> = {
  pulling: undefined,
  'rolling-out': undefined,
  'rolling-back': undefined,
  succeeded: exits.converged,
  'rolled-back': exits.rolledBack,
  'rollback-failed': exits.notRolledBack,
  failed: exits.notRolledBack,
  errored: exits.missing,
  aborted: exits.notRolledBack,
};
