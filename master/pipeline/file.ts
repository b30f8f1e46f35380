// The versions file in git against what the environment is to run: where they differ and nothing is
// under way that will mend it, the master owes a commit, and asks until it is made.

import type { EnvironmentName, ReleaseId } from '../../states/ids.ts';
import { promotionOf, short, stageOf, withStage } from './change.ts';
import type { EventOf } from './events.ts';
import { pipelineLimits, retryMs } from './limits.ts';
import type { OwedCommit, Pipeline, StageRecord } from './record.ts';

/** After a commit that was asked for and not answered, nobody knows what the file says. */
export const unknownFile: StageRecord['file'] = { release: null, commit: null };

export function onOwedCommitted(pipeline: Pipeline, event: EventOf<'committed'>): Pipeline {
  const { environment, id, commit, stands } = event;
  const owed = stageOf(pipeline, environment)?.owed;
  if (owed?.id !== id) return pipeline;
  const file = stands ? { release: owed.release, commit } : unknownFile;
  return withStage(pipeline, environment, { owed: null, file });
}

export function onOwedFailed(
  pipeline: Pipeline,
  { environment, key, reason }: EventOf<'commit-failed'>,
  now: number,
): Pipeline {
  const owed = stageOf(pipeline, environment)?.owed;
  if (!owed?.asked || `${owed.id}.${owed.attempt}` !== key) return pipeline;
  return later(pipeline, environment, owed, reason, now);
}

export function settleFile(pipeline: Pipeline, stage: StageRecord, now: number): Pipeline {
  const { environment, owed, current } = stage;
  if (owed !== null) {
    if (now < owed.until) return pipeline;
    return owed.asked
      ? later(pipeline, environment, owed, noAnswer, now)
      : asked(pipeline, environment, { ...owed, attempt: owed.attempt + 1 }, now);
  }
  if (current === null || !isAstray(pipeline, stage, current.release)) return pipeline;
  const restore: OwedCommit = {
    ...{ id: `restore-${pipeline.next.restore}`, kind: 'restore', promotion: null },
    ...{ release: current.release, why: 'it is what the environment runs' },
    ...{ attempt: 1, tries: 0, asked: true, reason: null, since: now, until: now },
  };
  const next = { ...pipeline.next, restore: pipeline.next.restore + 1 };
  return asked({ ...pipeline, next }, environment, restore, now);
}

export const noAnswer = 'git gave no answer in time';

function isAstray(pipeline: Pipeline, stage: StageRecord, runs: ReleaseId): boolean {
  const { file, active, waiting } = stage;
  if (file === null || active !== null || file.release === runs) return false;
  const next = promotionOf(pipeline, waiting);
  if (next === undefined) return true;
  // A person's edit stands in the file until it is let in or given up.
  const edit = next.cause === 'edit' || next.cause === 'revert';
  return file.release !== next.release && !(edit && file.release === null);
}

const asked = (
  pipeline: Pipeline,
  environment: EnvironmentName,
  owed: OwedCommit,
  now: number,
): Pipeline =>
  withStage(pipeline, environment, {
    owed: { ...owed, asked: true, since: now, until: now + pipelineLimits.commitMs },
  });

function later(
  pipeline: Pipeline,
  environment: EnvironmentName,
  owed: OwedCommit,
  reason: string,
  now: number,
): Pipeline {
  const tries = owed.tries + 1;
  const wait = { asked: false, reason: short(reason), since: now, until: now + retryMs(tries) };
  return withStage(pipeline, environment, {
    ...{ file: unknownFile, owed: { ...owed, ...wait, tries } },
  });
}
