// Batch by batch: the next one begins when each host of the one before is done or has failed, and
// never when more have failed than the policy allows.

import type { Report } from '../../protocol/messages.ts';
import { exits } from '../cli/exit.ts';
import { plural } from '../words.ts';
import {
  ask,
  enter,
  finish,
  idsOf,
  inPhase,
  patch,
  patchAll,
  progressed,
  settle,
  type Draft,
} from './draft.ts';
import {
  canHeal,
  failedPhase,
  firstWords,
  gotThere,
  keepOld,
  longestGap,
  silence,
  tryLater,
} from './outcome.ts';
import type { RolloutHost } from './record.ts';
import { rollBack } from './rolling-back.ts';

export function startRolling(draft: Draft): void {
  enter(draft, 'rolling-out', { message: 'all have pulled; the first batch begins' });
  startBatch(draft);
}

export function onReport(draft: Draft, host: RolloutHost, report: Report): void {
  // One that was left behind may still pull; it has its turn when the others have succeeded.
  if (host.told !== 'new') return;
  const { running, failures } = report;
  if (gotThere(report)) {
    const gapMs = longestGap(report);
    const more = { ...(gapMs === undefined ? {} : { gapMs }), retryAt: null, detail: undefined };
    const message = `runs release ${draft.rollout.release}`;
    patch(draft, host.host, { phase: 'done', failures, running, ...more }, message);
    progressed(draft);
    return goOn(draft);
  }
  if (canHeal(report) && host.phase === 'switching') return tryLater(draft, host, report);
  const words = firstWords(failures);
  const values = { phase: failedPhase(report), failures, running } as const;
  patch(draft, host.host, { ...values, retryAt: null, detail: words }, words);
  goOn(draft);
}

export function onDeadline(draft: Draft): void {
  const { rollout } = draft;
  const late = inPhase(draft, 'switching');
  patchAll(
    draft,
    idsOf(late),
    (host) => ({
      ...{ phase: host.lost ? 'offline' : 'failed', retryAt: null, detail: undefined },
      failures: [...host.failures, silence(rollout, host, 'switch')],
    }),
    'did not get there in time',
  );
  goOn(draft);
}

export function goOn(draft: Draft): void {
  const { policy, cause } = draft.rollout;
  const failed = failedHosts(draft);
  const switching = inPhase(draft, 'switching');
  const waiting = inPhase(draft, 'pulled');
  const settled = switching.length === 0 && waiting.length === 0;
  const allFailed = settled && inPhase(draft, 'done').length === 0;
  if (failed.length > policy.maxFailures || (allFailed && failed.length > 0)) {
    const why = whyFailed(draft, failed);
    // Going back to what ran before is never itself undone.
    if (policy.onFailure === 'rollback' && cause !== 'rollback') return rollBack(draft, why);
    // Those on their way are waited for, so that the result can say what they run.
    return switching.length > 0 ? undefined : stop(draft, why);
  }
  if (switching.length > 0) return;
  if (waiting.length > 0) return startBatch(draft);
  if (allFailed) return nobodyLeft(draft);
  succeed(draft);
}

function startBatch(draft: Draft): void {
  const waiting = inPhase(draft, 'pulled');
  const batch = Math.min(...waiting.map((host) => host.batch));
  const next = waiting.filter((host) => host.batch === batch);
  const switching = () => ({ phase: 'switching', attempts: 0 }) as const;
  const brought = `is brought to release ${draft.rollout.release}`;
  patchAll(draft, idsOf(next.filter(({ right }) => right !== true)), switching, brought);
  const right = idsOf(next.filter((host) => host.right === true));
  patchAll(draft, right, switching, 'is in sync already, and asked to be sure');
  ask(draft, idsOf(next), 'new');
  progressed(draft);
}

/** Those that were switched and are not right; one that never took part is not among them. */
const failedHosts = (draft: Draft): readonly RolloutHost[] =>
  inPhase(draft, 'failed', 'reverted', 'kept-old', 'down', 'offline').filter(
    ({ switched }) => switched,
  );

function whyFailed({ rollout }: Draft, failed: readonly RolloutHost[]): string {
  const [first] = failed;
  const words = first === undefined ? '' : `${first.host}: ${firstWords(first.failures)}`;
  const { maxFailures } = rollout.policy;
  if (failed.length === 1) return words;
  return `${failed.length} hosts failed, ${maxFailures} may; ${words}`;
}

function stop(draft: Draft, why: string): void {
  keepOld(draft);
  const message = `${draft.rollout.id} failed and stopped where it stood`;
  finish(draft, 'failed', { exit: exits.notRolledBack, why, message });
}

function nobodyLeft(draft: Draft): void {
  keepOld(draft);
  const why = 'no host is left that can be reached';
  const message = `${draft.rollout.id} could not be finished`;
  finish(draft, 'errored', { exit: exits.missing, why, message });
}

/** Hosts that were away are given the new state too, and converge by themselves. */
function succeed(draft: Draft): void {
  const { id, release, hosts } = draft.rollout;
  const done = inPhase(draft, 'done');
  const missing = inPhase(draft, 'offline');
  settle(draft, done);
  ask(draft, idsOf(missing.filter(({ switched }) => !switched)), 'new');
  const parts = [
    `${id} succeeded: release ${release} runs on ${plural(done.length, 'host')}`,
    ...(missing.length > 0 ? [`${missing.length} missing`] : []),
    ...(hosts.length > done.length + missing.length
      ? [`${hosts.length - done.length - missing.length} failed`]
      : []),
  ];
  const exit = missing.length > 0 ? exits.missing : exits.converged;
  finish(draft, 'succeeded', { exit, message: parts.join(', ') });
}
