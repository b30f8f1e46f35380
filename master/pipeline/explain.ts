// Why an environment is not further than it is: the first condition that is not met, in words, and
// until when it will not be, as far as that is known.

import { aimOf, liveStage, orderOf, promotionOf, waitingOf } from './change.ts';
import { freezeOf, quarantineWords, unearned, unquarantined, type Unmet } from './gates.ts';
import type { Pipeline, Promotion, PromotionId, Release } from './record.ts';
import { newerThanTried } from './settle.ts';

export interface Explanation extends Unmet {
  readonly state: 'under-way' | 'waiting' | 'idle' | 'unknown';
  readonly promotion: PromotionId | null;
  readonly release: string | null;
}

/** `pipeline` as `advance` left it: what waits has been asked what it waits for. */
export function explain(pipeline: Pipeline, environment: string, now: number): Explanation {
  const live = liveStage(pipeline, environment);
  if (live === undefined) {
    const reason = `${environment} is no stage of the pipeline`;
    return { state: 'unknown', promotion: null, release: null, reason, until: null };
  }
  const active = promotionOf(pipeline, live.stage.active);
  if (active !== undefined) return { state: 'under-way', ...doing(active), ...about(active) };
  const waiting = waitingOf(pipeline, environment);
  if (waiting !== undefined) {
    const reason = waiting.reason ?? 'its turn has not come';
    // When it gives up waiting says nothing about the condition.
    const until = waiting.until === waiting.expiresAt ? null : waiting.until;
    return { state: 'waiting', reason, until, ...about(waiting) };
  }
  return { state: 'idle', promotion: null, ...idle(pipeline, live, now) };
}

const about = (promotion: Promotion) => ({
  promotion: promotion.id,
  release: aimOf(promotion) as string,
});

function doing(promotion: Promotion): Unmet {
  const { id, phase, reason, until, tests } = promotion;
  const aim = aimOf(promotion);
  const why = reason === null ? '' : `: ${reason}`;
  switch (phase) {
    case 'committing':
      return { reason: `${id} writes ${aim} into the versions file`, until };
    case 'rolling-out':
      return { reason: `${id} rolls ${aim} out${why}`, until };
    case 'verifying': {
      const open = tests.filter(({ verdict }) => verdict === null).map(({ test }) => test);
      return { reason: `${id} waits for ${open.join(', ')}`, until };
    }
    case 'rolling-back':
      return { reason: `${id} goes back to ${aim}${why}`, until };
    case 'errored':
      return { reason: `${id} errored and is tried again${why}`, until };
    case 'paused':
      return { reason: `${id} is paused until a person retries or aborts it${why}`, until };
    default:
      return { reason: `${id} is ${phase}${why}`, until };
  }
}

type Live = NonNullable<ReturnType<typeof liveStage>>;

function idle(pipeline: Pipeline, live: Live, now: number): Unmet & { release: string | null } {
  const { stage, definition } = live;
  const next = nextFor(pipeline, live);
  if (next === undefined) return { release: null, ...nothingNew(pipeline, live, now) };
  const release = next.id;
  const unmet = unquarantined({ stage, release }) ??
    unearned({ pipeline, stage, definition, release, now }) ?? {
      reason: `${release} may enter`,
      until: null,
    };
  return { release, ...unmet };
}

/** What could enter next: verified in the first stage before, else the newest that might be. */
function nextFor(pipeline: Pipeline, { stage, definition }: Live): Release | undefined {
  const [earned] = newerThanTried(pipeline, stage, definition);
  if (earned !== undefined) return earned;
  return newerThanTried(pipeline, stage, { ...definition, after: [] }).at(0);
}

function nothingNew(pipeline: Pipeline, { stage }: Live, now: number): Unmet {
  const { stopped, environment, hold } = stage;
  if (stopped !== null)
    return { reason: `${environment} is stopped: ${stopped.reason}`, until: null };
  const freeze = freezeOf(pipeline, stage, now);
  if (freeze !== undefined) {
    return { reason: `frozen by ${freeze.actor}: ${freeze.message}`, until: freeze.until };
  }
  if (hold !== null) return { reason: `held by ${hold.actor}: ${hold.why}`, until: hold.until };
  if (stage.owed !== null) {
    const { reason, release, until } = stage.owed;
    return { reason: `the versions file is to say ${release}: ${reason ?? 'git is asked'}`, until };
  }
  const failed = stage.quarantined.find(
    ({ release }) => orderOf(pipeline, release) === stage.tried,
  );
  const reason = 'there is no release newer than those that entered';
  if (failed === undefined) return { reason, until: null };
  return {
    reason: `${quarantineWords(failed, 'here')}, and there is none newer`,
    until: null,
  };
}
