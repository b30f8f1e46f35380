// Which rollout a `rollback` goes back to, chosen the same way by the master that does it and by the
// command line that asks first. Pure.

import type { RolloutPhase } from '../events.ts';

interface Past {
  readonly id: string;
  readonly release: string;
  readonly phase: RolloutPhase;
  readonly partial?: boolean;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/**
 * `rollouts` from new to old; undefined where there is none to go back to. `named`: a release, or the
 * id of the rollout that brought it.
 */
export function rollbackTarget<T extends Past>(
  rollouts: readonly T[],
  named: string | undefined,
): T | undefined {
  const good = rollouts.filter(({ phase }) => phase === 'succeeded');
  const [current] = good;
  const last = rollouts.find(({ phase }) => !underWay.has(phase));
  if (current === undefined || last === undefined) return undefined;
  // Stopped half-way: what ran before is what succeeded last.
  if (named === undefined && halfWay.has(last.phase)) return current;
  const [, ...before] = good.filter(changedSomething);
  const fitting =
    named === undefined
      ? before
      : good.filter(({ id, release }) => release === named || id === named);
  // One that was for some hosts only says nothing of the others.
  return fitting.find(({ partial }) => partial !== true) ?? fitting[0];
}

/** What only wrote a release down is over in the moment it began; what ran before it runs still. */
const changedSomething = ({ startedAt, endedAt }: Past): boolean => endedAt !== startedAt;

const underWay: ReadonlySet<RolloutPhase> = new Set(['pulling', 'rolling-out', 'rolling-back']);
const halfWay: ReadonlySet<RolloutPhase> = new Set(['failed', 'aborted', 'rollback-failed']);
