// What git answered to the commit of a versions file.

import { activeOf, commitIdOf, keyOf, short, withStage } from './change.ts';
import { beginWanted, committed } from './begin.ts';
import { backId } from './change.ts';
import { errored } from './errored.ts';
import type { EventOf } from './events.ts';
import { onOwedCommitted, onOwedFailed, unknownFile } from './file.ts';
import { retryMs } from './limits.ts';
import type { OwedCommit, Pipeline, Promotion } from './record.ts';

/** Of whatever attempt: a commit that is there is there. */
export function onCommitted(
  pipeline: Pipeline,
  event: EventOf<'committed'>,
  now: number,
): Pipeline {
  const active = activeOf(pipeline, event.environment);
  return active?.step === 'commit' && commitIdOf(active) === event.id
    ? committed(pipeline, active, event, now)
    : onOwedCommitted(pipeline, event);
}

export function onCommitFailed(
  pipeline: Pipeline,
  event: EventOf<'commit-failed'>,
  now: number,
): Pipeline {
  const active = activeOf(pipeline, event.environment);
  return active?.step === 'commit' && isAsked(active) && keyOf(active) === event.key
    ? commitErrored(pipeline, active, event.reason, now)
    : onOwedFailed(pipeline, event, now);
}

/** What goes back does not wait for git: the hosts first, and the commit is owed. */
export function commitErrored(
  pipeline: Pipeline,
  promotion: Promotion,
  reason: string,
  now: number,
): Pipeline {
  const { environment, back } = promotion;
  if (back === null) return errored(pipeline, promotion, reason, now);
  const owed: OwedCommit = {
    ...{ id: backId(promotion.id), promotion: promotion.id, release: back.release },
    ...{ kind: 'rollback', why: back.why, attempt: promotion.attempt, tries: 1, asked: false },
    ...{ reason: short(reason), since: now, until: now + retryMs(1) },
  };
  const at = withStage(pipeline, environment, { owed, file: unknownFile });
  return beginWanted(at, promotion, now);
}

const isAsked = ({ phase }: Promotion): boolean =>
  phase === 'committing' || phase === 'rolling-back';
