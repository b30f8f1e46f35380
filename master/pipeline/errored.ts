// What could not be done is tried again, later each time, and then pauses for a person. It is never
// taken for a failure, and never for a pass.

import { moved, short, withPromotion } from './change.ts';
import { pipelineLimits, retryMs } from './limits.ts';
import type { Pipeline, Promotion } from './record.ts';

export function errored(
  pipeline: Pipeline,
  promotion: Promotion,
  reason: string,
  now: number,
): Pipeline {
  const tries = promotion.tries + 1;
  const git = promotion.step === 'commit';
  const max = git ? pipelineLimits.commitTriesMax : pipelineLimits.triesMax;
  if (tries > max) return paused(pipeline, promotion, `tried ${tries} times: ${reason}`, now);
  // Git being away has touched nothing yet: to people that is a gate that is shut.
  const waiting = moved(promotion, git ? 'blocked' : 'errored', now, {
    ...{ tries, until: now + retryMs(tries), reason: short(reason) },
  });
  return withPromotion(pipeline, waiting);
}

export const paused = (
  pipeline: Pipeline,
  promotion: Promotion,
  reason: string,
  now: number,
): Pipeline =>
  withPromotion(
    pipeline,
    moved(promotion, 'paused', now, {
      until: now + pipelineLimits.pausedMs,
      reason: short(reason),
    }),
  );

/** Under way, but nothing of it is being done: another one may have its place. */
export const isIdle = ({ phase, back, aborting }: Promotion): boolean =>
  (phase === 'paused' || phase === 'blocked') && back === null && aborting === null;
