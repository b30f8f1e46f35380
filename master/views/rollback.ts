// Which rollout a `rollback` goes back to, chosen the same way by the master that does it and by the
// command line that asks first. Pure.

import type { RolloutPhase } from '../events.ts';

interface Past {
  readonly release: string;
  readonly phase: RolloutPhase;
  readonly partial?: boolean;
}

/** `rollouts` from new to old; undefined where there is none to go back to. */
export function rollbackTarget<T extends Past>(
  rollouts: readonly T[],
  release: string | undefined,
): T | undefined {
  const good = rollouts.filter(({ phase }) => phase === 'succeeded');
  const [current] = good;
  const last = rollouts.find(({ phase }) => !underWay.has(phase));
  if (current === undefined || last === undefined) return undefined;
  // Stopped half-way: what ran before is what succeeded last.
  if (release === undefined && halfWay.has(last.phase)) return current;
  const fits = (each: T): boolean =>
    release === undefined ? each.release !== current.release : each.release === release;
  // One that was for some hosts only says nothing of the others.
  return good.find((each) => fits(each) && each.partial !== true) ?? good.find(fits);
}

const underWay: ReadonlySet<RolloutPhase> = new Set(['pulling', 'rolling-out', 'rolling-back']);
const halfWay: ReadonlySet<RolloutPhase> = new Set(['failed', 'aborted', 'rollback-failed']);
