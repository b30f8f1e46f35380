// What is to be done in the world, read off the records: whatever is due and was not before is an
// effect, and after a restart all that is due is. So nothing can be forgotten, or asked for out of turn.

import type { EnvironmentName, ReleaseId } from '../../states/ids.ts';
import type { PinnedImage } from '../../states/model.ts';
import { aimOf, commitIdOf, keyOf, promotionOf, releaseOf } from './change.ts';
import type { PipelineEvent } from './events.ts';
import type { Pipeline, Promotion, PromotionId, StageRecord } from './record.ts';
import { told, type Told } from './tell.ts';

interface About {
  /** Differs for each attempt; an answer brings it back. */
  readonly key: string;
  readonly environment: EnvironmentName;
}

interface Release {
  readonly release: ReleaseId;
  readonly images: readonly PinnedImage[];
}

/**
 * Make the versions file say this release, in one commit for each `id` however often it is asked for:
 * where the history has that commit already, or the file says so, nothing is written. One after the
 * other in each environment; each is checked with `isDue` right before it is begun.
 */
export type CommitVersions = About &
  Release & {
    readonly do: 'commit-versions';
    readonly id: string;
    readonly promotion: PromotionId | null;
    /** `restore`: nothing new enters; the file is brought back to what the environment runs. */
    readonly kind: 'promotion' | 'rollback' | 'forced' | 'restore';
    readonly actor: string;
    readonly cause: string;
    readonly why: string | null;
  };

/** One rollout for each `key`; `rollback` skips canaries, keeps the health gate, never goes back itself. */
export type StartRollout = About &
  Release & {
    readonly do: 'start-rollout';
    readonly promotion: PromotionId;
    readonly commit: string | null;
    readonly rollback: boolean;
    readonly actor: string;
    readonly cause: string;
  };

export type RunTest = About &
  Release & {
    readonly do: 'run-test';
    readonly promotion: PromotionId;
    readonly test: string;
    readonly timeoutMs: number;
  };

export type Effect =
  | CommitVersions
  | StartRollout
  | RunTest
  /** `key` is that of its start; the end of the rollout is still to be told. */
  | (About & {
      readonly do: 'cancel-rollout';
      readonly rollout: string | null;
      readonly actor: string;
      readonly why: string;
    })
  | (About & { readonly do: 'cancel-test'; readonly test: string })
  /** For the history, to be written in the same commit as the records. */
  | { readonly do: 'tell'; readonly told: Told };

/** What to repeat after a restart; whatever else of the pipeline's still runs is to be ended. */
export const resume = (pipeline: Pipeline): Effect[] =>
  Object.values(pipeline.stages).flatMap((stage) => dueOf(pipeline, stage));

/** Whether the effect still stands; asked again right before it is carried out. */
export const isDue = (pipeline: Pipeline, effect: Effect): boolean =>
  effect.do === 'tell' || resume(pipeline).some((due) => nameOf(due) === nameOf(effect));

export function effectsBetween(before: Pipeline, after: Pipeline, event: PipelineEvent): Effect[] {
  if (before === after) return [];
  const effects: Effect[] = [];
  for (const stage of Object.values(after.stages)) {
    const old = before.stages[stage.environment];
    if (old === stage && isSame(before, after, stage.active)) continue;
    const was = old === undefined ? [] : dueOf(before, old);
    const is = dueOf(after, stage);
    const names = new Set(was.map(nameOf));
    effects.push(
      ...was.flatMap((effect) => withdrawn(effect, is, event)),
      ...is.filter((effect) => !names.has(nameOf(effect))),
    );
  }
  return [...effects, ...told(before, after).map((each): Effect => ({ do: 'tell', told: each }))];
}

const isSame = (before: Pipeline, after: Pipeline, id: PromotionId | null): boolean =>
  promotionOf(before, id) === promotionOf(after, id);

function dueOf(pipeline: Pipeline, stage: StageRecord): Effect[] {
  const promotion = promotionOf(pipeline, stage.active);
  const step = promotion === undefined ? [] : stepOf(pipeline, promotion);
  return stage.owed?.asked === true ? [...step, owedCommit(pipeline, stage, stage.owed)] : step;
}

function stepOf(pipeline: Pipeline, promotion: Promotion): Effect[] {
  const { environment, aborting, back, phase } = promotion;
  const { actor, cause } = begunBy(promotion);
  const about = { key: keyOf(promotion), environment };
  if (aborting !== null) {
    const rollout = back === null ? promotion.rollout : back.rollout;
    return [{ do: 'cancel-rollout', ...about, rollout, ...aborting }];
  }
  if (phase === 'errored' || phase === 'blocked' || phase === 'paused') return [];
  const shared = { ...about, promotion: promotion.id, ...bytesOf(pipeline, aimOf(promotion)) };
  switch (promotion.step) {
    case 'commit': {
      const kind = back === null ? promotion.kind : 'rollback';
      const why = back?.why ?? promotion.force?.why ?? null;
      const id = commitIdOf(promotion);
      return [{ do: 'commit-versions', id, ...shared, kind, actor, cause, why }];
    }
    case 'rollout': {
      const commit = back === null ? promotion.commit : back.commit;
      const rollback = back !== null;
      return [{ do: 'start-rollout', ...shared, commit, rollback, actor, cause }];
    }
    case 'tests':
      return promotion.tests
        .filter(({ verdict }) => verdict === null)
        .map(({ test, timeoutMs }) => ({ do: 'run-test', ...shared, test, timeoutMs }));
    case null:
      return [];
  }
}

/** Whoever brought a release in, its way back is nobody's but the master's, unless it was asked for. */
const begunBy = ({ kind, back, actor, cause }: Promotion) =>
  back === null || kind === 'rollback' ? { actor, cause } : { actor: 'master', cause: 'failed' };

function owedCommit(
  pipeline: Pipeline,
  { environment }: StageRecord,
  { id, attempt, promotion, release, kind, why }: NonNullable<StageRecord['owed']>,
): CommitVersions {
  const key = `${id}.${attempt}`;
  const shared = { key, environment, id, promotion, ...bytesOf(pipeline, release) };
  return { do: 'commit-versions', ...shared, kind, actor: 'master', cause: kind, why };
}

/** Of what was due and is no longer: what may be running and must be told to stop. */
function withdrawn(effect: Effect, still: readonly Effect[], event: PipelineEvent): Effect[] {
  if (still.some((due) => nameOf(due) === nameOf(effect))) return [];
  if (effect.do === 'start-rollout') {
    const { key, environment } = effect;
    const answered = event.type === 'rollout-ended' && event.key === key;
    const told = still.some((due) => due.do === 'cancel-rollout' && due.key === key);
    if (answered || told) return [];
    const why = 'it gave no answer in time';
    return [{ do: 'cancel-rollout', key, environment, rollout: null, actor: 'master', why }];
  }
  if (effect.do !== 'run-test') return [];
  const { key, environment, test } = effect;
  const answered = event.type === 'test-ended' && event.key === key && event.test === test;
  return answered ? [] : [{ do: 'cancel-test', key, environment, test }];
}

function nameOf(effect: Effect): string {
  if (effect.do === 'tell') return effect.do;
  const test = effect.do === 'run-test' || effect.do === 'cancel-test' ? effect.test : '';
  return `${effect.do} ${effect.key} ${test}`;
}

const bytesOf = (pipeline: Pipeline, release: ReleaseId): Release => ({
  release,
  images: releaseOf(pipeline, release)?.images ?? [],
});
