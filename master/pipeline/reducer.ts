// Every decision of the pipeline: an event and the time make new records out of the old, and what is to
// be done follows from the difference. Knows no network, no clock, no chance.

import { rewound } from './clock.ts';
import { onCommitFailed, onCommitted } from './commit.ts';
import { adopted, defined, edited } from './edits.ts';
import { effectsBetween, type Effect } from './effects.ts';
import type { PipelineEvent } from './events.ts';
import { kept } from './keep.ts';
import {
  abortAsked,
  approve,
  freeze,
  goOn,
  hold,
  promote,
  retry,
  rollBack,
  unfreeze,
} from './people.ts';
import type { Pipeline } from './record.ts';
import { isCommand, refusal } from './refusal.ts';
import { arrive } from './releases.ts';
import { onRolloutEnded, onRolloutStarted } from './rollout.ts';
import { settle } from './settle.ts';
import { onTestEnded } from './verify.ts';

export { resume, isDue, type Effect } from './effects.ts';

/** A command that {@link refusal} refuses changes nothing, nor does an answer that comes late or twice. */
export function advance(
  pipeline: Pipeline,
  event: PipelineEvent,
  now: number,
): [Pipeline, Effect[]] {
  const before = kept(pipeline);
  const after = settle(applied(rewound(before, now), event, now), now);
  return [after, effectsBetween(before, after, event)];
}

function applied(pipeline: Pipeline, event: PipelineEvent, now: number): Pipeline {
  if (isCommand(event) && refusal(pipeline, event, now) !== undefined) return pipeline;
  switch (event.type) {
    case 'tick':
      return pipeline;
    case 'defined':
      return defined(pipeline, event);
    case 'adopted':
      return adopted(pipeline, event, now);
    case 'edited':
      return edited(pipeline, event, now);
    case 'images':
      return arrive(pipeline, event, now);
    case 'committed':
      return onCommitted(pipeline, event, now);
    case 'commit-failed':
      return onCommitFailed(pipeline, event, now);
    case 'rollout-started':
      return onRolloutStarted(pipeline, event);
    case 'rollout-ended':
      return onRolloutEnded(pipeline, event, now);
    case 'test-ended':
      return onTestEnded(pipeline, event, now);
    case 'promote':
      return promote(pipeline, event, now);
    case 'rollback':
      return rollBack(pipeline, event, now);
    case 'retry':
      return retry(pipeline, event, now);
    case 'abort':
      return abortAsked(pipeline, event, now);
    case 'approve':
      return approve(pipeline, event, now);
    case 'hold':
      return hold(pipeline, event, now);
    case 'resume':
      return goOn(pipeline, event);
    case 'freeze':
      return freeze(pipeline, event, now);
    case 'unfreeze':
      return unfreeze(pipeline, event);
  }
}
