// What became of the rollout that a promotion, or its way back, began.

import { activeOf, ended, keyOf, withPromotion } from './change.ts';
import { beginTests, withRollout } from './begin.ts';
import { aborted, endBack } from './end.ts';
import { errored } from './errored.ts';
import type { EventOf } from './events.ts';
import { fail } from './fail.ts';
import { pipelineLimits } from './limits.ts';
import type { Pipeline, Promotion } from './record.ts';

export function onRolloutStarted(pipeline: Pipeline, event: EventOf<'rollout-started'>): Pipeline {
  const promotion = asked(pipeline, event);
  if (promotion === undefined) return pipeline;
  const known = promotion.back === null ? promotion.rollout : promotion.back.rollout;
  if (known !== null) return pipeline;
  const until =
    promotion.aborting === null ? promotion.since + pipelineLimits.rolloutMs : promotion.until;
  return withPromotion(pipeline, { ...withRollout(promotion, event.rollout), until });
}

export function onRolloutEnded(
  pipeline: Pipeline,
  event: EventOf<'rollout-ended'>,
  now: number,
): Pipeline {
  const promotion = asked(pipeline, event);
  if (promotion === undefined) return pipeline;
  if (promotion.aborting !== null) return aborted(pipeline, promotion, now);
  const reason = event.reason ?? `the rollout ended as ${event.outcome}`;
  if (event.outcome === 'errored') return errored(pipeline, promotion, reason, now);
  if (promotion.back !== null) {
    return event.outcome === 'succeeded'
      ? endBack(pipeline, promotion, 'rolled-back', null, now)
      : endBack(pipeline, promotion, 'rollback-failed', reason, now);
  }
  switch (event.outcome) {
    case 'succeeded':
      return beginTests(pipeline, promotion, now);
    case 'aborted':
      return ended(pipeline, promotion, 'aborted', reason, now);
    case 'failed':
    case 'rolled-back':
    case 'rollback-failed':
      // Hosts that went back by themselves find nothing to do; the others, and git, are brought along.
      return fail(pipeline, promotion, reason, now);
  }
}

/** The promotion that waits for this answer; none for one that came late or twice. */
function asked(
  pipeline: Pipeline,
  { environment, key }: { environment: string; key: string },
): Promotion | undefined {
  const active = activeOf(pipeline, environment);
  if (active?.step !== 'rollout' || keyOf(active) !== key) return undefined;
  return active.phase === 'rolling-out' || active.phase === 'rolling-back' ? active : undefined;
}
