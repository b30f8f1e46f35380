// The three steps of a promotion, each begun here: the versions file says it, the hosts run it, the
// tests pass. Going back takes the first two.

import { aimOf, definitionOf, moved, stageOf, withPromotion, withStage } from './change.ts';
import { succeed } from './end.ts';
import { unknownFile } from './file.ts';
import { pipelineLimits } from './limits.ts';
import type { Pipeline, Promotion } from './record.ts';
import { leave } from './soak.ts';

/** Skips the commit where the file says so already: a person wrote it, or an attempt did. */
export function beginCommit(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const { environment } = promotion;
  const stage = stageOf(pipeline, environment);
  const file = stage?.file;
  // A commit still owed may be on its way, and would come to lie on top.
  if (file?.release === aimOf(promotion) && stage?.owed === null) {
    return committed(pipeline, promotion, { commit: file.commit, stands: true }, now);
  }
  const ms = promotion.back === null ? pipelineLimits.commitMs : pipelineLimits.commitBackMs;
  const begun = step(promotion, 'commit', now, ms);
  return withPromotion(withStage(pipeline, environment, { owed: null }), begun);
}

/** The file says it: from now on this is what the environment is to run. */
export function committed(
  pipeline: Pipeline,
  promotion: Promotion,
  { commit, stands }: { readonly commit: string | null; readonly stands: boolean },
  now: number,
): Pipeline {
  const { environment, back } = promotion;
  // Where an edit crossed it, either may lie on top; then it is asked for once more at the end.
  const crossed = stageOf(pipeline, environment)?.file?.release === null;
  const file = stands && !crossed ? { release: aimOf(promotion), commit } : unknownFile;
  const known = withStage(pipeline, environment, { file, owed: null });
  const next = back === null ? { commit } : { back: { ...back, commit } };
  return beginWanted(known, { ...promotion, ...next, tries: 0 }, now);
}

/** What ran here before ends its stay, and the hosts are told. */
export function beginWanted(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const { environment, id } = promotion;
  const left = leave(pipeline, environment, now);
  const current = { release: aimOf(promotion), promotion: id, since: now, verified: false };
  return beginRollout(withStage(left, environment, { current }), promotion, now);
}

export function beginRollout(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const begun = step(promotion, 'rollout', now, pipelineLimits.rolloutStartMs);
  return withPromotion(pipeline, withRollout(begun, null));
}

export const withRollout = (promotion: Promotion, rollout: string | null): Promotion =>
  promotion.back === null
    ? { ...promotion, rollout }
    : { ...promotion, back: { ...promotion.back, rollout } };

/** The stage's tests as the states name them now; a release without any has passed by its health. */
export function beginTests(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const verify = definitionOf(pipeline, promotion.environment)?.verify ?? [];
  const tests = verify.map((each) => ({ ...each, verdict: null, evidence: null }));
  if (tests.length === 0) return succeed(pipeline, { ...promotion, tests }, now);
  return runTests(pipeline, { ...promotion, tests, tries: 0 }, now);
}

/** Once more for what has not passed. */
function runTests(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  const tests = promotion.tests.map((run) =>
    run.verdict === 'passed' ? run : { ...run, verdict: null, evidence: null },
  );
  const open = tests.filter(({ verdict }) => verdict === null);
  const longest = Math.max(0, ...open.map(({ timeoutMs }) => timeoutMs));
  const begun = step(promotion, 'tests', now, longest + pipelineLimits.testGraceMs);
  return withPromotion(pipeline, { ...begun, tests });
}

/** The step that errored or paused, as a new attempt. */
export function again(pipeline: Pipeline, promotion: Promotion, now: number): Pipeline {
  switch (promotion.step) {
    case 'commit':
      return beginCommit(pipeline, promotion, now);
    case 'rollout':
      return beginRollout(pipeline, promotion, now);
    case 'tests':
      return runTests(pipeline, promotion, now);
    case null:
      return pipeline;
  }
}

const phases = { commit: 'committing', rollout: 'rolling-out', tests: 'verifying' } as const;

/** `ms`: how long until an answer is missed. */
function step(
  promotion: Promotion,
  step: 'commit' | 'rollout' | 'tests',
  now: number,
  ms: number,
): Promotion {
  const { back, attempt } = promotion;
  return moved(promotion, back === null ? phases[step] : 'rolling-back', now, {
    ...{ step, attempt: attempt + 1, until: now + ms, reason: back?.why ?? null },
  });
}
