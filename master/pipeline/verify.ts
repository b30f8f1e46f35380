// The verdicts of a stage's tests. One failure is enough to go back; anything less than a pass of
// every test is never a pass.

import { activeOf, keyOf, withPromotion } from './change.ts';
import { succeed } from './end.ts';
import { errored, paused } from './errored.ts';
import type { EventOf } from './events.ts';
import { fail } from './fail.ts';
import type { Pipeline, Promotion, TestRun } from './record.ts';

export function onTestEnded(
  pipeline: Pipeline,
  event: EventOf<'test-ended'>,
  now: number,
): Pipeline {
  const promotion = activeOf(pipeline, event.environment);
  if (promotion?.phase !== 'verifying' || keyOf(promotion) !== event.key) return pipeline;
  const open = promotion.tests.some(({ test, verdict }) => test === event.test && verdict === null);
  if (!open) return pipeline;
  const { verdict, evidence } = event;
  const tests = promotion.tests.map((run) =>
    run.test === event.test ? { ...run, verdict, evidence } : run,
  );
  return judged(pipeline, { ...promotion, tests }, now);
}

function judged(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const { tests } = promotion;
  const failed = tests.find(({ verdict }) => verdict === 'failed');
  if (failed !== undefined) return fail(pipeline, promotion, saying(failed), now);
  if (tests.some(({ verdict }) => verdict === null)) return withPromotion(pipeline, promotion);
  const unclear = tests.find(({ verdict }) => verdict === 'inconclusive');
  if (unclear !== undefined) return paused(pipeline, promotion, saying(unclear), now);
  const missing = tests.find(({ verdict }) => verdict === 'errored');
  if (missing !== undefined) return errored(pipeline, promotion, saying(missing), now);
  return succeed(pipeline, promotion, now);
}

/** Tests that did not answer in time could not be made; nobody knows what they would have said. */
export function testsLate(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const late = promotion.tests.filter(({ verdict }) => verdict === null);
  const names = late.map(({ test }) => test).join(', ');
  const tests = promotion.tests.map((run): TestRun =>
    run.verdict === null ? { ...run, verdict: 'errored' } : run,
  );
  return errored(pipeline, { ...promotion, tests }, `no answer in time from ${names}`, now);
}

const words = { failed: 'failed', errored: 'could not be made', inconclusive: 'is inconclusive' };

function saying({ test, verdict, evidence }: TestRun): string {
  const said = verdict === null || verdict === 'passed' ? 'passed' : words[verdict];
  return `${test} ${said}${evidence === null || evidence.detail === '' ? '' : `: ${evidence.detail}`}`;
}
