// What the states repository says: the pipeline itself, and versions files that a person wrote. Such an
// edit is that person's wish, with the same gates; a revert is a way back.

import { activeOf, aimOf, emptyStage, ended, stageOf, waitingOf, withStage } from './change.ts';
import { request } from './enter.ts';
import type { EventOf } from './events.ts';
import { unknownFile } from './file.ts';
import { pipelineLimits } from './limits.ts';
import { stopForRollback } from './people.ts';
import type { Pipeline, Release, StageRecord, Verified } from './record.ts';
import { registered } from './releases.ts';

export function defined(pipeline: Pipeline, { definition }: EventOf<'defined'>): Pipeline {
  if (JSON.stringify(definition) === JSON.stringify(pipeline.definition)) return pipeline;
  const stages = { ...pipeline.stages };
  for (const { environment } of definition.stages) {
    stages[environment] = stageOf(pipeline, environment) ?? emptyStage(environment);
  }
  return { ...pipeline, definition, stages };
}

export function edited(pipeline: Pipeline, event: EventOf<'edited'>, now: number): Pipeline {
  const { environment, commit } = event;
  const made = registered(pipeline, event.release, now);
  const stage = made === undefined ? undefined : stageOf(made.pipeline, environment);
  if (made === undefined || stage === undefined || stage.edited === commit) return pipeline;
  const { release } = made;
  const file = mayBeCrossed(pipeline, stage) ? unknownFile : { release: release.id, commit };
  const known = withStage(made.pipeline, environment, { edited: commit, file, owed: null });
  return event.revert && isKnownGood(stage, release)
    ? reverted(known, event, release, now)
    : wished(known, event, release, now);
}

/** A commit of ours that nobody has answered for may come to lie on top of the person's. */
const mayBeCrossed = (pipeline: Pipeline, { environment, owed, file }: StageRecord): boolean =>
  owed !== null || file?.release === null || activeOf(pipeline, environment)?.step === 'commit';

const isKnownGood = ({ verified }: StageRecord, { id, set }: Release): boolean =>
  verified.some((entry) => entry.release === id && entry.set === set);

function reverted(
  pipeline: Pipeline,
  { environment, actor, commit }: EventOf<'edited'>,
  { id }: Release,
  now: number,
): Pipeline {
  const active = activeOf(pipeline, environment);
  if (active !== undefined && active.back !== null && aimOf(active) === id) return pipeline;
  if (active === undefined && isRunning(pipeline, environment, id)) {
    return takenBack(pipeline, environment, actor, now);
  }
  const wish = { environment, release: id, kind: 'rollback', actor, cause: 'revert' } as const;
  const free = stopForRollback(pipeline, environment, actor, now);
  return request(free, { ...wish, why: `reverted in ${commit.slice(0, 12)}` }, now);
}

function wished(
  pipeline: Pipeline,
  { environment, actor, force }: EventOf<'edited'>,
  { id }: Release,
  now: number,
): Pipeline {
  const active = activeOf(pipeline, environment);
  if (active !== undefined && active.aborting === null && aimOf(active) === id) return pipeline;
  if (active === undefined && isRunning(pipeline, environment, id)) {
    return takenBack(pipeline, environment, actor, now);
  }
  if (force === null && waitingOf(pipeline, environment)?.release === id) return pipeline;
  const kind = force === null ? 'promotion' : 'forced';
  const wish = { environment, release: id, kind, actor, cause: 'edit' } as const;
  return request(pipeline, { ...wish, why: force?.why ?? null }, now);
}

/** The file says again what runs: the edit that waited is no longer wished for. */
function takenBack(pipeline: Pipeline, environment: string, actor: string, now: number): Pipeline {
  const waiting = waitingOf(pipeline, environment);
  if (waiting?.cause !== 'edit' && waiting?.cause !== 'revert') return pipeline;
  return ended(pipeline, waiting, 'aborted', `taken back by ${actor}`, now);
}

const isRunning = (pipeline: Pipeline, environment: string, release: string): boolean =>
  stageOf(pipeline, environment)?.current?.release === release;

/** What an environment ran before it was a stage is something to go back to, and nothing more. */
export function adopted(pipeline: Pipeline, event: EventOf<'adopted'>, now: number): Pipeline {
  const { environment, commit } = event;
  const stage = stageOf(pipeline, environment);
  if (stage === undefined || stage.current !== null || stage.active !== null) return pipeline;
  const made = registered(pipeline, event.release, now);
  if (made === undefined) return pipeline;
  const { id, set, order } = made.release;
  const entry: Verified = {
    ...{ release: id, set, by: 'adoption', promotion: null, at: now, since: now, soakedMs: 0 },
  };
  return withStage(made.pipeline, environment, {
    current: { release: id, promotion: null, since: now, verified: true },
    file: { release: id, commit },
    tried: Math.max(stage.tried, order),
    verified: [...stage.verified, entry].slice(-pipelineLimits.verifiedKept),
  });
}
