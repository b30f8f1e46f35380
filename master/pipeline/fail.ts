// A release that failed leaves again: to the last one verified here, or, where the states say so,
// not until a person has looked.

import type { ReleaseId } from '../../states/ids.ts';
import { beginCommit } from './begin.ts';
import { definitionOf, ended, releaseOf, short, stageOf } from './change.ts';
import { quarantine, stop } from './end.ts';
import type { Pipeline, Promotion, StageRecord } from './record.ts';

export function fail(pipeline: Pipeline, promotion: Promotion, why: string, now: number): Pipeline {
  const { environment, release, id } = promotion;
  const reason = short(why);
  const known = quarantine(pipeline, promotion, release, reason, now);
  if (definitionOf(known, environment)?.onFailure === 'pause') {
    const over = ended(known, promotion, 'failed', `${reason}; left as it is for a person`, now);
    return stop(over, environment, `${id} failed and was left as it is`, now);
  }
  const stage = stageOf(known, environment);
  const target = stage === undefined ? undefined : lastVerified(known, stage, release);
  if (target === undefined) {
    const nothing = `${reason}; no other release was verified here to go back to`;
    return ended(known, promotion, 'failed', nothing, now);
  }
  return beginCommit(known, goingBack(promotion, target, reason), now);
}

export const goingBack = (promotion: Promotion, release: ReleaseId, why: string): Promotion => ({
  ...promotion,
  ...{ tries: 0, back: { release, commit: null, rollout: null, why } },
});

/** The newest known good of this stage, other than the one it is to get rid of. */
export const lastVerified = (
  pipeline: Pipeline,
  { verified }: StageRecord,
  not: ReleaseId | null,
): ReleaseId | undefined =>
  verified.findLast(
    ({ release, set }) => release !== not && releaseOf(pipeline, release)?.set === set,
  )?.release;
