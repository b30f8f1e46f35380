// The life of promotions as the oracle sees it: one at a time, every wait with an end and a reason, and
// what is over stays over.

import type { PipelineEvent } from '../../../master/pipeline/events.ts';
import { pipelineLimits } from '../../../master/pipeline/limits.ts';
import {
  isFinal,
  type Pipeline,
  type Promotion,
  type PromotionPhase,
} from '../../../master/pipeline/record.ts';
import { day, minute } from './samples.ts';
import { must } from './violation.ts';

const active: readonly PromotionPhase[] = [
  ...(['committing', 'rolling-out', 'verifying', 'rolling-back', 'errored', 'paused'] as const),
];
const silent: readonly PromotionPhase[] = ['committing', 'rolling-out', 'verifying'];

/** No phase is meant to last longer, whatever the clock does. */
const longestMs: Partial<Record<PromotionPhase, number>> = {
  pending: pipelineLimits.blockedMs,
  blocked: 8 * day,
  committing: pipelineLimits.commitMs,
  'rolling-out': pipelineLimits.rolloutMs,
  'rolling-back': pipelineLimits.rolloutMs,
  verifying: pipelineLimits.testGraceMs + minute,
  errored: pipelineLimits.retryMsMax,
  paused: pipelineLimits.pausedMs,
};

export class Life {
  /** Promotions that are over, as they were then. */
  readonly #over = new Map<string, Promotion>();

  saw(before: Pipeline, after: Pipeline, event: PipelineEvent, now: number): void {
    for (const promotion of Object.values(after.promotions)) {
      const old = before.promotions[promotion.id];
      if (old === promotion) continue;
      must(!this.#over.has(promotion.id), `${promotion.id} was over and moved`);
      if (old !== undefined) followed(old, promotion, event);
      if (!isFinal(promotion.phase)) continue;
      must(promotion.endedAt !== null, `${promotion.id} is over without an end`);
      this.#over.set(promotion.id, promotion);
    }
    for (const stage of Object.values(after.stages)) places(after, stage, now);
  }
}

function followed(old: Promotion, promotion: Promotion, event: PipelineEvent): void {
  const { id, phase } = promotion;
  if (phase === 'superseded') {
    // From any other phase it may have come to a pause in the same moment.
    const idle = old.phase !== 'errored' && old.aborting === null;
    must(idle, `${id} was ${old.phase}, and is superseded`);
  }
  if (phase === 'aborted' && old.phase === 'rolling-out') {
    const told = event.type === 'rollout-ended' || old.aborting !== null;
    must(told, `${id} is aborted while its rollout goes on`);
  }
  if (old.aborting !== null) {
    const ends = phase === old.phase || phase === 'aborted' || phase === 'rollback-failed';
    must(ends, `${id} was to be aborted, and is ${phase}`);
  }
  if (old.back !== null && old.step !== null) {
    const ways = ['rolling-back', 'errored', 'paused', 'rolled-back', 'rollback-failed'];
    must(ways.includes(phase), `${id} was going back, and is ${phase}`);
  }
}

/** Invariant 3: one under way and one waiting for each environment, and nobody anywhere else. */
function places(pipeline: Pipeline, stage: Pipeline['stages'][string], now: number): void {
  const { environment } = stage;
  const live = Object.values(pipeline.promotions).filter(
    (each) => each.environment === environment && !isFinal(each.phase),
  );
  const moving = live.filter(({ phase, step }) => active.includes(phase) || step !== null);
  must(moving.length <= 1, `${environment}: two promotions at once`);
  must(live.length - moving.length <= 1, `${environment}: two promotions wait`);
  must((moving[0]?.id ?? null) === stage.active, `${environment}: the active one is not active`);
  const waiting = live.find((each) => each !== moving[0]);
  must((waiting?.id ?? null) === stage.waiting, `${environment}: the waiting one does not wait`);
  for (const { id, phase, until, expiresAt, reason, step } of live) {
    must(until !== null, `${id} waits without a deadline`);
    must(until - now <= (longestMs[phase] ?? 0), `${id} is ${phase} for too long`);
    const place = step !== null || expiresAt - now <= pipelineLimits.blockedMs;
    must(place, `${id} keeps its place for too long`);
    must(reason !== null || silent.includes(phase), `${id} is ${phase} without a reason`);
  }
}
