// Reading and replacing the parts of a pipeline. What does not change stays the same object, so that
// the store is given only what did.

import type { EnvironmentName, ReleaseId } from '../../states/ids.ts';
import type { StageDefinition } from './definition.ts';
import { pipelineLimits } from './limits.ts';
import type {
  FinalPhase,
  Pipeline,
  Promotion,
  PromotionId,
  PromotionPhase,
  Release,
  StageRecord,
} from './record.ts';

const own = <T>(record: Record<string, T>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

export const stageOf = (pipeline: Pipeline, environment: string): StageRecord | undefined =>
  own(pipeline.stages, environment);

export const releaseOf = (pipeline: Pipeline, id: string): Release | undefined =>
  own(pipeline.releases, id);

export const promotionOf = (pipeline: Pipeline, id: string | null): Promotion | undefined =>
  id === null ? undefined : own(pipeline.promotions, id);

export const definitionOf = (pipeline: Pipeline, environment: string) =>
  pipeline.definition.stages.find((stage) => stage.environment === environment);

/** A stage that the states name, with what is recorded of it. */
export function liveStage(
  pipeline: Pipeline,
  environment: string,
): { readonly stage: StageRecord; readonly definition: StageDefinition } | undefined {
  const definition = definitionOf(pipeline, environment);
  const stage = stageOf(pipeline, environment);
  return definition === undefined || stage === undefined ? undefined : { stage, definition };
}

/** 0 for a release that is no longer kept: older than any that is. */
export const orderOf = (pipeline: Pipeline, release: string): number =>
  releaseOf(pipeline, release)?.order ?? 0;

export const activeOf = (pipeline: Pipeline, environment: string): Promotion | undefined =>
  promotionOf(pipeline, stageOf(pipeline, environment)?.active ?? null);

export const waitingOf = (pipeline: Pipeline, environment: string): Promotion | undefined =>
  promotionOf(pipeline, stageOf(pipeline, environment)?.waiting ?? null);

export function withStage(
  pipeline: Pipeline,
  environment: EnvironmentName,
  patch: Partial<StageRecord>,
): Pipeline {
  const stage = stageOf(pipeline, environment) ?? emptyStage(environment);
  return { ...pipeline, stages: { ...pipeline.stages, [environment]: { ...stage, ...patch } } };
}

export const withPromotion = (pipeline: Pipeline, promotion: Promotion): Pipeline => ({
  ...pipeline,
  promotions: { ...pipeline.promotions, [promotion.id]: promotion },
});

/** The promotion in another phase, from now on. */
export const moved = (
  promotion: Promotion,
  phase: PromotionPhase,
  now: number,
  patch: Partial<Promotion> = {},
): Promotion => ({ ...promotion, phase, since: now, until: null, reason: null, ...patch });

/** The end of a promotion, wherever it stood: its place is free again. */
export function ended(
  pipeline: Pipeline,
  promotion: Promotion,
  phase: FinalPhase,
  reason: string | null,
  now: number,
): Pipeline {
  const { id, environment } = promotion;
  const over = moved(promotion, phase, now, { reason: short(reason), endedAt: now, step: null });
  const stage = stageOf(pipeline, environment);
  if (stage === undefined) return withPromotion(pipeline, over);
  return withStage(withPromotion(pipeline, over), environment, {
    ...(stage.active === id ? { active: null, last: id } : {}),
    ...(stage.waiting === id ? { waiting: null } : {}),
  });
}

/** What comes from outside, no longer than a record may be. */
export const short = <T extends string | null>(text: T): T | string =>
  text === null || text.length <= pipelineLimits.reasonCharsMax
    ? text
    : `${text.slice(0, pipelineLimits.reasonCharsMax - 1)}…`;

export const emptyStage = (environment: EnvironmentName): StageRecord => ({
  environment,
  ...{ current: null, file: null, edited: null, active: null, waiting: null, last: null },
  ...{ owed: null, hold: null, stopped: null, rollbacksInRow: 0 },
  ...{ verified: [], quarantined: [], approvals: [], tried: 0 },
});

export const isQuarantined = (stage: StageRecord, release: ReleaseId): boolean =>
  stage.quarantined.some((entry) => entry.release === release);

/** Begun by the master alone: a new release, or one verified upstream. */
export const isAutomatic = ({ cause }: Pick<Promotion, 'cause'>): boolean =>
  cause === 'release' || cause === 'verified';

/** What the environment runs if this promotion has its way. */
export const aimOf = ({ back, release }: Promotion): ReleaseId => back?.release ?? release;

/** Names what was begun last on its behalf: `p12.3`. */
export const keyOf = ({ id, attempt }: Promotion): string => `${id}.${attempt}`;

export const commitIdOf = ({ id, back }: Promotion): string => (back === null ? id : backId(id));
export const backId = (id: PromotionId): string => `${id}-back`;
