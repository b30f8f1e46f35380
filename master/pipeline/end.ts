// How a promotion ends, and what its stage learns from that.

import type { EnvironmentName, ReleaseId } from '../../states/ids.ts';
import { aimOf, ended, moved, releaseOf, stageOf, withPromotion, withStage } from './change.ts';
import { unknownFile } from './file.ts';
import { pipelineLimits } from './limits.ts';
import type { Pipeline, Promotion, StageRecord, Verified } from './record.ts';
import { stay } from './soak.ts';

/** Healthy, and its tests passed here: verified, unless it was forced past a stage without tests. */
export function succeed(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const { environment, release } = promotion;
  const over = ended(pipeline, promotion, 'succeeded', null, now);
  const stage = stageOf(over, environment);
  if (stage === undefined) return over;
  const untested = promotion.kind === 'forced' && promotion.tests.length === 0;
  const calm = withStage(over, environment, {
    rollbacksInRow: 0,
    quarantined: stage.quarantined.filter((entry) => entry.release !== release),
  });
  return untested ? calm : verify(calm, promotion, now);
}

function verify(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const { environment, release, id } = promotion;
  const stage = stageOf(pipeline, environment);
  const set = releaseOf(pipeline, release)?.set;
  if (stage === undefined || stage.current === null || set === undefined) return pipeline;
  const entry: Verified = {
    ...{ release, set, by: 'tests', promotion: id, at: now, since: now, soakedMs: 0 },
  };
  const others = stage.verified.filter((each) => each.release !== release);
  return withStage(pipeline, environment, {
    current: { ...stage.current, verified: true },
    verified: [...others, entry].slice(-pipelineLimits.verifiedKept),
  });
}

/** A way back is over: never a success, and two in a row, or one that failed, stop the stage. */
export function endBack(
  pipeline: Pipeline,
  promotion: Promotion,
  phase: 'rolled-back' | 'rollback-failed',
  reason: string | null,
  now: number,
): Pipeline {
  const { environment } = promotion;
  const over = ended(pipeline, promotion, phase, reason ?? promotion.back?.why ?? null, now);
  const stage = stageOf(over, environment);
  if (stage === undefined) return over;
  const rollbacksInRow = stage.rollbacksInRow + 1;
  const counted = withStage(over, environment, { rollbacksInRow });
  if (phase === 'rollback-failed') {
    return stop(counted, environment, `${promotion.id} could not go back: ${reason ?? ''}`, now);
  }
  const back = settled(counted, stage, aimOf(promotion), now);
  if (rollbacksInRow < pipelineLimits.rollbacksMax) return back;
  return stop(back, environment, `${rollbacksInRow} rollbacks in a row`, now);
}

/** What it went back to is the newest known good again, and its stay begins anew. */
function settled(
  pipeline: Pipeline,
  { environment, current, verified }: StageRecord,
  release: ReleaseId,
  now: number,
): Pipeline {
  const known = verified.filter((entry) => entry.release === release);
  const others = verified.filter((entry) => entry.release !== release);
  const at = withStage(pipeline, environment, {
    current: current === null ? null : { ...current, verified: known.length > 0 },
    verified: [...others, ...known],
  });
  return stay(at, environment, release, now);
}

export function stop(
  pipeline: Pipeline,
  environment: EnvironmentName,
  reason: string,
  now: number,
): Pipeline {
  const stopped = stageOf(pipeline, environment)?.stopped ?? { reason, since: now };
  return withStage(pipeline, environment, { stopped });
}

/** It failed here: it is not tried again by itself, and does not count as verified any more. */
export function quarantine(
  pipeline: Pipeline,
  { environment, id }: Promotion,
  release: ReleaseId,
  reason: string,
  now: number,
): Pipeline {
  const stage = stageOf(pipeline, environment);
  if (stage === undefined) return pipeline;
  const others = stage.quarantined.filter((entry) => entry.release !== release);
  const entry = { release, promotion: id, at: now, reason };
  return withStage(pipeline, environment, {
    quarantined: [...others, entry].slice(-pipelineLimits.quarantinedKept),
    verified: stage.verified.filter((each) => each.release !== release),
  });
}

/** What runs on the hosts is told first, and has a little time to stop. */
export function abort(
  pipeline: Pipeline,
  promotion: Promotion,
  aborting: { readonly actor: string; readonly why: string },
  now: number,
): Pipeline {
  if (promotion.aborting !== null) return pipeline;
  const { phase, step } = promotion;
  if (step === 'rollout' && (phase === 'rolling-out' || phase === 'rolling-back')) {
    const until = now + pipelineLimits.abortMs;
    const patch = { aborting: { ...aborting }, until, reason: reasonOf(aborting) };
    return withPromotion(pipeline, moved(promotion, phase, now, patch));
  }
  return aborted(pipeline, { ...promotion, aborting: { ...aborting } }, now);
}

export function aborted(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const reason = promotion.aborting === null ? promotion.reason : reasonOf(promotion.aborting);
  const at = abandoned(pipeline, promotion);
  const waited = promotion.step === null;
  return promotion.back === null || waited
    ? ended(at, promotion, 'aborted', reason, now)
    : endBack(at, promotion, 'rollback-failed', reason, now);
}

/** Ends what waits or idles because another one has its place. */
export const superseded = (
  pipeline: Pipeline,
  promotion: Promotion,
  by: Promotion,
  now: number,
): Pipeline =>
  ended(
    abandoned(pipeline, promotion),
    promotion,
    'superseded',
    `${by.id} took its place with ${by.release}`,
    now,
  );

/** A commit asked for may still arrive: what the file says is not known until the next answer. */
const abandoned = (pipeline: Pipeline, { environment, step }: Promotion): Pipeline =>
  step === 'commit' ? withStage(pipeline, environment, { file: unknownFile }) : pipeline;

const reasonOf = ({ actor, why }: { actor: string; why: string }): string =>
  `aborted by ${actor}${why === '' ? '' : `: ${why}`}`;
