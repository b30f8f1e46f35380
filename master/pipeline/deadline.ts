// What happens when the time of an active promotion's phase is over: an answer that is missed is asked
// for again, a wait for the next attempt ends, and so does, at last, a pause.

import { again } from './begin.ts';
import { ended } from './change.ts';
import { commitErrored } from './commit.ts';
import { aborted, endBack } from './end.ts';
import { errored } from './errored.ts';
import { noAnswer } from './file.ts';
import type { Pipeline, Promotion } from './record.ts';
import { testsLate } from './verify.ts';

export function overdue(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  if (promotion.until === null || now < promotion.until) return pipeline;
  if (promotion.aborting !== null) return aborted(pipeline, promotion, now);
  switch (promotion.phase) {
    case 'blocked':
    case 'errored':
      return again(pipeline, promotion, now);
    case 'paused':
      return givenUp(pipeline, promotion, now);
    case 'committing':
    case 'rolling-out':
    case 'verifying':
    case 'rolling-back':
      return unanswered(pipeline, promotion, now);
    default:
      return pipeline;
  }
}

function unanswered(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  switch (promotion.step) {
    case 'commit':
      return commitErrored(pipeline, promotion, noAnswer, now);
    case 'rollout':
      return errored(pipeline, promotion, 'the rollout gave no answer in time', now);
    case 'tests':
      return testsLate(pipeline, promotion, now);
    case null:
      return pipeline;
  }
}

/** Nobody came: it ends, and neither failed nor passed. */
function givenUp(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const reason = `paused for too long; ${promotion.reason ?? 'no reason is known'}`;
  return promotion.back === null
    ? ended(pipeline, promotion, 'aborted', reason, now)
    : endBack(pipeline, promotion, 'rollback-failed', reason, now);
}
