// The way into a stage: one waiting place, in which the newer takes the place of the older, and one
// promotion under way at a time.

import type { EnvironmentName, ReleaseId } from '../../states/ids.ts';
import { beginCommit } from './begin.ts';
import {
  activeOf,
  ended,
  isAutomatic,
  moved,
  orderOf,
  stageOf,
  waitingOf,
  withPromotion,
  withStage,
} from './change.ts';
import { quarantine, superseded } from './end.ts';
import { isIdle } from './errored.ts';
import { allUnmet, firstUnmet, takenBack, type Unmet } from './gates.ts';
import { pipelineLimits } from './limits.ts';
import { parsePromotionId, type Pipeline, type Promotion } from './record.ts';

export interface Wish {
  readonly environment: EnvironmentName;
  readonly release: ReleaseId;
  readonly kind: Promotion['kind'];
  readonly actor: string;
  readonly cause: Promotion['cause'];
  /** Of a rollback or of force: the person's words. */
  readonly why: string | null;
}

/** Puts it into the waiting place, unless what stands there comes first. */
export function request(pipeline: Pipeline, wish: Wish, now: number): Pipeline {
  const made = newPromotion(pipeline, wish, now);
  const numbered = {
    ...withPromotion(pipeline, made),
    next: { ...pipeline.next, promotion: pipeline.next.promotion + 1 },
  };
  const waiting = waitingOf(numbered, wish.environment);
  // The master itself has looked before whether its own may take the place.
  if (waiting !== undefined && !isAutomatic(made) && rankOf(made) < rankOf(waiting)) {
    return ended(numbered, made, 'superseded', `${waiting.id} keeps the waiting place`, now);
  }
  const free = waiting === undefined ? numbered : superseded(numbered, waiting, made, now);
  return withStage(free, wish.environment, { waiting: made.id });
}

/** What a person says comes before what the master would do, going back before going on. */
export const rankOf = (promotion: Pick<Promotion, 'kind' | 'cause'>): number => {
  if (promotion.kind === 'rollback') return 3;
  if (promotion.kind === 'forced') return 2;
  return isAutomatic(promotion) ? 0 : 1;
};

/** Lets in what waits once nothing is in its way; until then says what is. */
export function enter(pipeline: Pipeline, environment: EnvironmentName, now: number): Pipeline {
  const promotion = waitingOf(pipeline, environment);
  if (promotion === undefined) return pipeline;
  const active = activeOf(pipeline, environment);
  if (active !== undefined && !isIdle(active)) {
    return waits(
      pipeline,
      promotion,
      'pending',
      { reason: `${active.id} is under way`, until: null },
      now,
    );
  }
  const unmet = firstUnmet(pipeline, promotion, now);
  if (unmet !== undefined) return waits(pipeline, promotion, 'blocked', unmet, now);
  const free = active === undefined ? pipeline : superseded(pipeline, active, promotion, now);
  return entered(free, promotion, now);
}

function entered(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const { environment, id, kind, release } = promotion;
  const stage = stageOf(pipeline, environment);
  const from = stage?.current?.release ?? null;
  const order = kind === 'rollback' ? 0 : orderOf(pipeline, release);
  const at = withStage(pipeline, environment, {
    ...{ active: id, waiting: null, tried: Math.max(stage?.tried ?? 0, order) },
  });
  const leaving = kind === 'rollback' && from !== null && from !== release;
  const why = `${takenBack}${promotion.actor}: ${promotion.back?.why ?? ''}`;
  const known = leaving ? quarantine(at, promotion, from, why, now) : at;
  return beginCommit(
    known,
    { ...promotion, from, force: pastGates(pipeline, promotion, now) },
    now,
  );
}

/** What force went past, as it was at that moment. */
const pastGates = (pipeline: Pipeline, promotion: Promotion, now: number): Promotion['force'] =>
  promotion.force === null
    ? null
    : { ...promotion.force, past: allUnmet(pipeline, promotion, now) };

function waits(
  pipeline: Pipeline,
  promotion: Promotion,
  phase: 'pending' | 'blocked',
  { reason, until }: Unmet,
  now: number,
): Pipeline {
  const end = until ?? promotion.expiresAt;
  const same = promotion.phase === phase && promotion.reason === reason && promotion.until === end;
  if (same) return pipeline;
  const since = promotion.phase === phase && promotion.reason === reason ? promotion.since : now;
  return withPromotion(pipeline, { ...moved(promotion, phase, since, { reason, until: end }) });
}

function newPromotion(pipeline: Pipeline, wish: Wish, now: number): Promotion {
  const { environment, release, kind, actor, cause } = wish;
  const id = parsePromotionId(`p${pipeline.next.promotion}`);
  if (id === undefined) throw new Error(`no promotion id: ${pipeline.next.promotion}`);
  const why = wish.why ?? '';
  return {
    ...{ id, environment, release, kind, actor, cause },
    force: kind === 'forced' ? { why, past: [] } : null,
    ...{ phase: 'pending', step: null, reason: null, since: now, until: null, createdAt: now },
    ...{ expiresAt: now + pipelineLimits.blockedMs, endedAt: null, attempt: 0, tries: 0 },
    ...{ from: null, commit: null, rollout: null, tests: [] },
    back: kind === 'rollback' ? { release, commit: null, rollout: null, why } : null,
    aborting: null,
  };
}
