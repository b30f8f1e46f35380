// The pipeline as people are shown it: every stage with what it runs and why it is not further, every
// release with what became of it where. Pure.

import type {
  ExplainView,
  PipelineView,
  PromotionView,
  ReleaseImageView,
  ReleaseInStage,
  ReleaseView,
  StageView,
} from '../api/pipeline-contract.ts';
import { exits } from '../cli/exit.ts';
import { aimOf, liveStage, promotionOf, releaseOf } from '../pipeline/change.ts';
import type { StageDefinition } from '../pipeline/definition.ts';
import { explain } from '../pipeline/explain.ts';
import { isTakenBack } from '../pipeline/gates.ts';
import type { Pipeline, Promotion, Release, StageRecord } from '../pipeline/record.ts';

export function pipelineView(pipeline: Pipeline, now: number): PipelineView {
  const { definition, freezes, arrivals } = pipeline;
  return {
    stages: definition.stages.flatMap(({ environment }) => {
      const view = stageView(pipeline, environment, now);
      return view === undefined ? [] : [view];
    }),
    freezes,
    arrivals: Object.values(arrivals).map(({ image, at }) => ({
      ...{ name: image.name, tag: image.tag, at },
    })),
  };
}

export function stageView(
  pipeline: Pipeline,
  environment: string,
  now: number,
): StageView | undefined {
  const live = liveStage(pipeline, environment);
  if (live === undefined) return undefined;
  const { stage, definition } = live;
  const active = promotionOf(pipeline, stage.active);
  const last = promotionOf(pipeline, stage.last);
  const shown = active ?? last;
  return {
    ...{ environment, after: definition.after, current: currentView(pipeline, stage) },
    ...{ phase: shown?.phase ?? null, since: shown?.since ?? null },
    active: orNull(active),
    waiting: orNull(promotionOf(pipeline, stage.waiting)),
    last: orNull(last),
    next: explainView(pipeline, environment, now),
    ...{ hold: stage.hold, stopped: stage.stopped, quarantined: stage.quarantined },
    ...settings(definition),
    // Only who knows the states and the hosts can say.
    pending: null,
  };
}

const settings = ({ soakMs, approval, verify }: StageDefinition) => ({
  ...{ soakMs, approval, tests: verify.map(({ test }) => test) },
});

const orNull = (promotion: Promotion | undefined): PromotionView | null =>
  promotion === undefined ? null : promotionView(promotion);

export function explainView(pipeline: Pipeline, environment: string, now: number): ExplainView {
  const { state, promotion, release, reason, until } = explain(pipeline, environment, now);
  if (state === 'unknown') throw new Error(`${environment} is no stage`);
  return { environment, state, promotion, release, reason, until };
}

function currentView(pipeline: Pipeline, { current }: StageRecord): StageView['current'] {
  if (current === null) return null;
  const release = releaseOf(pipeline, current.release);
  const images = (release?.images ?? []).map(imageView);
  return {
    ...{ release: current.release, since: current.since, verified: current.verified, images },
    commit: release?.origin.commit ?? images.find(({ commit }) => commit !== null)?.commit ?? null,
    subject: release?.origin.message?.split('\n', 1)[0] ?? null,
  };
}

const imageView = (image: Release['images'][number]): ReleaseImageView => ({
  ...{ name: image.name, repository: image.repository, tag: image.tag, digest: image.digest },
  commit: image.commit ?? null,
});

export const promotionView = (promotion: Promotion): PromotionView => ({
  ...promotion,
  exit: exitOf(promotion),
});

function exitOf({ phase, kind, tests }: Promotion): number | null {
  const failed = tests.some(({ verdict }) => verdict === 'failed');
  switch (phase) {
    case 'succeeded':
      return exits.converged;
    case 'rolled-back':
      // Whoever asked to go back has what they wanted.
      if (kind === 'rollback') return exits.converged;
      return failed ? exits.testsFailed : exits.rolledBack;
    case 'failed':
      return failed ? exits.testsFailed : exits.notRolledBack;
    case 'rollback-failed':
    case 'aborted':
      return exits.notRolledBack;
    case 'superseded':
      return exits.blocked;
    default:
      return null;
  }
}

/** `promotions`: those that are kept, newest first. */
export function releaseView(
  pipeline: Pipeline,
  release: Release,
  promotions: readonly Promotion[],
): ReleaseView {
  const { id, createdAt, images, origin } = release;
  return {
    ...{ id, createdAt, origin, images: images.map(imageView) },
    stages: pipeline.definition.stages.map(({ environment }) =>
      inStage(pipeline, { environment, release: id }, promotions),
    ),
  };
}

function inStage(
  pipeline: Pipeline,
  { environment, release }: { readonly environment: string; readonly release: string },
  promotions: readonly Promotion[],
): ReleaseInStage {
  const stage = liveStage(pipeline, environment)?.stage;
  const own = promotions.filter((each) => each.environment === environment);
  const promotion = own.find((each) => each.release === release && each.back === null);
  const newest = promotion ?? own.find((each) => each.release === release);
  const verified = stage?.verified.find((each) => each.release === release);
  const failed = stage?.quarantined.find((each) => each.release === release);
  const active = promotionOf(pipeline, stage?.active ?? null);
  const runs = stage?.current?.release === release;
  const waits = promotionOf(pipeline, stage?.waiting ?? null)?.release === release;
  const state = (): ReleaseInStage['state'] => {
    if (active !== undefined && aimOf(active) === release) return 'under-way';
    if (failed !== undefined) return isTakenBack(failed) ? 'taken-back' : 'failed';
    if (runs) return 'runs';
    if (waits) return 'waiting';
    if (verified !== undefined) return 'verified';
    return newest === undefined ? 'none' : 'left';
  };
  const tested = own.find((each) => each.release === release && each.tests.length > 0);
  const back = own.find((each) => each.id === failed?.promotion && each.kind === 'rollback');
  const stays = runs ? stage.current?.since : undefined;
  return {
    ...{ environment, state: state(), verified: verified !== undefined },
    takenBackBy: back?.actor ?? null,
    since: failed?.at ?? stays ?? verified?.at ?? newest?.since ?? null,
    reason: failed?.reason ?? newest?.reason ?? null,
    promotion: orNull(newest),
    tests: tested?.tests ?? [],
  };
}
