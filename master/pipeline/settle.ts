// What follows from the records and the time alone, until nothing more does: deadlines that are over,
// releases that a stage may take, promotions that may enter.

import type { EnvironmentName } from '../../states/ids.ts';
import {
  activeOf,
  ended,
  isAutomatic,
  isQuarantined,
  liveStage,
  orderOf,
  releaseOf,
  stageOf,
  waitingOf,
  withStage,
} from './change.ts';
import { overdue } from './deadline.ts';
import type { StageDefinition } from './definition.ts';
import { abort } from './end.ts';
import { enter, request } from './enter.ts';
import { settleFile } from './file.ts';
import { isApproved, isOver, unearned, unquarantined } from './gates.ts';
import { pipelineLimits } from './limits.ts';
import type { Pipeline, Promotion, Release, StageRecord } from './record.ts';
import { isAnnounced, withoutArrivals } from './releases.ts';

export function settle(pipeline: Pipeline, now: number): Pipeline {
  let at = expired(pipeline, now);
  // Each pass moves at least one promotion on, and none of them goes round in circles.
  for (let pass = 0; pass < passesMax; pass += 1) {
    const before = at;
    for (const stage of Object.values(before.stages)) at = settleStage(at, stage.environment, now);
    if (at === before) return at;
  }
  throw new Error('the pipeline does not settle');
}

const passesMax = 1_000;

function settleStage(pipeline: Pipeline, environment: EnvironmentName, now: number): Pipeline {
  let at = removed(pipeline, environment, now);
  const active = activeOf(at, environment);
  if (active !== undefined) at = overdue(at, active, now);
  at = take(tidied(at, environment, now), environment, now);
  at = enter(at, environment, now);
  const stage = stageOf(at, environment);
  return stage === undefined ? at : settleFile(at, stage, now);
}

/** A stage that the states no longer name lets nothing go on. */
function removed(pipeline: Pipeline, environment: EnvironmentName, now: number): Pipeline {
  const active = activeOf(pipeline, environment);
  if (active === undefined || liveStage(pipeline, environment) !== undefined) return pipeline;
  return abort(pipeline, active, { actor: 'master', why: noStage }, now);
}

const noStage = 'the stage is no longer in the pipeline';

/** Ends what waits in vain. */
function tidied(pipeline: Pipeline, environment: EnvironmentName, now: number): Pipeline {
  const waiting = waitingOf(pipeline, environment);
  if (waiting === undefined) return pipeline;
  const why = vain(pipeline, waiting, now);
  return why === undefined ? pipeline : ended(pipeline, waiting, 'aborted', why, now);
}

function vain(pipeline: Pipeline, promotion: Promotion, now: number): string | undefined {
  const { environment, release, reason, kind, cause } = promotion;
  const live = liveStage(pipeline, environment);
  if (live === undefined) return noStage;
  const { stage, definition } = live;
  const candidate = { pipeline, stage, definition, release, now };
  if (kind === 'promotion') {
    const failed = cause === 'retry' ? undefined : unquarantined(candidate);
    if (failed !== undefined) return failed.reason;
    const missing = unearned(candidate);
    if (missing !== undefined && isAutomatic(promotion)) return missing.reason;
    if (missing !== undefined) {
      const upstream = definition.after.find((before) => {
        const record = stageOf(pipeline, before);
        return record !== undefined && isQuarantined(record, release);
      });
      if (upstream !== undefined) return `${release} failed in ${upstream}`;
      if (now >= promotion.createdAt + pipelineLimits.unearnedMs) return tooLong(missing.reason);
    }
  }
  return now >= promotion.expiresAt ? tooLong(reason) : undefined;
}

const tooLong = (reason: string | null): string => `waited for too long: ${reason ?? ''}`;

/** Gives a stage the newest release that has earned it, into the waiting place. */
function take(pipeline: Pipeline, environment: EnvironmentName, now: number): Pipeline {
  const live = liveStage(pipeline, environment);
  // Asked at every event, and mostly there is nothing new.
  if (live === undefined || live.stage.tried >= pipeline.next.release - 1) return pipeline;
  const { stage, definition } = live;
  const best = bestFor(pipeline, stage, definition, now);
  if (best === undefined || !mayWait(pipeline, live, best, now)) return pipeline;
  const cause = definition.after.length === 0 ? 'release' : 'verified';
  const wish = { environment, release: best.id, kind: 'promotion', actor: 'master' } as const;
  return request(pipeline, { ...wish, cause, why: null }, now);
}

/** Newer than all that ever entered here; where a person approves, what is approved comes first. */
export function bestFor(
  pipeline: Pipeline,
  stage: StageRecord,
  definition: StageDefinition,
  now: number,
): Release | undefined {
  const earned = newerThanTried(pipeline, stage, definition).filter(
    ({ id }) =>
      unearned({ pipeline, stage, definition, release: id, now }) === undefined &&
      !isQuarantined(stage, id),
  );
  if (definition.approval === 'none') return earned.at(0);
  return earned.find(({ id }) => isApproved(stage, id)) ?? earned.at(0);
}

/** Releases that could come next, newest first. */
export function newerThanTried(
  pipeline: Pipeline,
  stage: StageRecord,
  definition: StageDefinition,
): Release[] {
  const [before] = definition.after;
  const pool = before === undefined ? announced(pipeline) : verifiedIn(pipeline, before);
  return pool.filter(({ order }) => order > stage.tried).sort((a, b) => b.order - a.order);
}

/** What a person wrote into a file, or what was found running, goes only where it stands. */
const announced = (pipeline: Pipeline): Release[] =>
  Object.values(pipeline.releases).filter(({ origin }) => isAnnounced(origin));

const verifiedIn = (pipeline: Pipeline, environment: string): Release[] =>
  (stageOf(pipeline, environment)?.verified ?? []).flatMap(
    ({ release }) => releaseOf(pipeline, release) ?? [],
  );

/** Whether the waiting place is free for it, or holds something older of the master's own. */
function mayWait(
  pipeline: Pipeline,
  live: { readonly stage: StageRecord; readonly definition: StageDefinition },
  best: Release,
  now: number,
): boolean {
  const waiting = waitingOf(pipeline, live.stage.environment);
  if (waiting === undefined) return true;
  const { release, kind } = waiting;
  if (release === best.id || kind !== 'promotion') return false;
  if (isAutomatic(waiting)) return true;
  // A person's wish keeps the place, unless it is still to be earned and something newer has been.
  return (
    orderOf(pipeline, release) < best.order &&
    unearned({ pipeline, ...live, release, now }) !== undefined
  );
}

/** Holds and freezes that are over, and images that nobody completed. */
function expired(pipeline: Pipeline, now: number): Pipeline {
  const late = Object.entries(pipeline.arrivals).filter(
    ([, { at }]) => now >= at + pipelineLimits.arrivalMs,
  );
  const names = late.map(([name]) => name);
  const arrived = names.length === 0 ? pipeline : withoutArrivals(pipeline, names);
  const freezes = arrived.freezes.filter((freeze) => !isOver(freeze, now));
  const thawed = freezes.length === arrived.freezes.length ? arrived : { ...arrived, freezes };
  return Object.values(thawed.stages)
    .filter(({ hold }) => hold !== null && isOver(hold, now))
    .reduce((at, { environment }) => withStage(at, environment, { hold: null }), thawed);
}
