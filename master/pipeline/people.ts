// What people ask for. A refusal has been looked for before: here it is done.

import { activeOf, aimOf, orderOf, promotionOf, stageOf, waitingOf, withStage } from './change.ts';
import { again } from './begin.ts';
import { abort } from './end.ts';
import { request } from './enter.ts';
import type { EventOf } from './events.ts';
import { lastVerified } from './fail.ts';
import { pipelineLimits } from './limits.ts';
import type { Pipeline, Promotion } from './record.ts';

export const promote = (pipeline: Pipeline, event: EventOf<'promote'>, now: number): Pipeline => {
  const { environment, release, actor, force } = event;
  const kind = force === null ? 'promotion' : 'forced';
  const wish = { environment, release, kind, actor, cause: 'promote' } as const;
  return request(pipeline, { ...wish, why: force?.why ?? null }, now);
};

/** What is under way is ended first; the way back waits for that, and for nothing else. */
export function rollBack(pipeline: Pipeline, event: EventOf<'rollback'>, now: number): Pipeline {
  const { environment, actor, why } = event;
  const release = event.release ?? rollbackTarget(pipeline, environment);
  if (release === undefined) return pipeline;
  const wish = { environment, release, kind: 'rollback', actor, cause: 'rollback', why } as const;
  return request(stopForRollback(pipeline, environment, actor, now), wish, now);
}

/** The last release verified here, other than the one that is or is about to be. */
export function rollbackTarget(
  pipeline: Pipeline,
  environment: string,
): Promotion['release'] | undefined {
  const stage = stageOf(pipeline, environment);
  if (stage === undefined) return undefined;
  const leaving = activeOf(pipeline, environment)?.release ?? stage.current?.release ?? null;
  return lastVerified(pipeline, stage, leaving);
}

export function stopForRollback(
  pipeline: Pipeline,
  environment: string,
  actor: string,
  now: number,
): Pipeline {
  const active = activeOf(pipeline, environment);
  if (active === undefined || (active.back !== null && active.phase !== 'paused')) return pipeline;
  return abort(pipeline, active, { actor, why: 'a rollback was asked for' }, now);
}

export function retry(pipeline: Pipeline, event: EventOf<'retry'>, now: number): Pipeline {
  const { environment, actor } = event;
  const active = activeOf(pipeline, environment);
  if (active !== undefined) return again(pipeline, { ...active, tries: 0 }, now);
  const last = promotionOf(pipeline, stageOf(pipeline, environment)?.last ?? null);
  if (last === undefined) return pipeline;
  const back = last.phase === 'rollback-failed' || last.kind === 'rollback';
  return request(
    pipeline,
    {
      ...{ environment, actor, cause: 'retry', kind: back ? 'rollback' : 'promotion' },
      ...{ release: back ? aimOf(last) : last.release, why: `${last.id} once more` },
    },
    now,
  );
}

/** What a person ended does not enter again by itself. */
export function abortAsked(pipeline: Pipeline, event: EventOf<'abort'>, now: number): Pipeline {
  const { environment, actor, why } = event;
  const promotion = abortable(pipeline, event);
  if (promotion === undefined) return pipeline;
  const stage = stageOf(pipeline, environment);
  const order = promotion.kind === 'rollback' ? 0 : orderOf(pipeline, promotion.release);
  const tried = Math.max(stage?.tried ?? 0, order);
  return abort(withStage(pipeline, environment, { tried }), promotion, { actor, why }, now);
}

export const abortable = (
  pipeline: Pipeline,
  { environment, promotion }: EventOf<'abort'>,
): Promotion | undefined =>
  [activeOf(pipeline, environment), waitingOf(pipeline, environment)].find(
    (live) => live !== undefined && (promotion === null || promotion === live.id),
  );

export function approve(pipeline: Pipeline, event: EventOf<'approve'>, now: number): Pipeline {
  const { environment, actor } = event;
  const stage = stageOf(pipeline, environment);
  const release = event.release ?? waitingOf(pipeline, environment)?.release;
  if (stage === undefined || release === undefined) return pipeline;
  const approvals = [...stage.approvals, { release, actor, at: now }];
  return withStage(pipeline, environment, {
    approvals: approvals.slice(-pipelineLimits.approvalsKept),
  });
}

export const hold = (pipeline: Pipeline, event: EventOf<'hold'>, now: number): Pipeline => {
  const { environment, actor, why, until } = event;
  return withStage(pipeline, environment, { hold: { actor, why, since: now, until } });
};

export const goOn = (pipeline: Pipeline, { environment }: EventOf<'resume'>): Pipeline =>
  withStage(pipeline, environment, { hold: null, stopped: null, rollbacksInRow: 0 });

export function freeze(pipeline: Pipeline, event: EventOf<'freeze'>, now: number): Pipeline {
  const { actor, message, until, environments } = event;
  const id = `f${pipeline.next.freeze}`;
  const made = { id, actor, message, until, since: now, environments: [...environments] };
  return {
    ...pipeline,
    freezes: [...pipeline.freezes, made],
    next: { ...pipeline.next, freeze: pipeline.next.freeze + 1 },
  };
}

export const unfreeze = (pipeline: Pipeline, event: EventOf<'unfreeze'>): Pipeline => ({
  ...pipeline,
  freezes: pipeline.freezes.filter(({ id }) => id !== event.freeze),
});
