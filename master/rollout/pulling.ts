// The barrier: no host is switched before every host that can be reached has pulled, and then every job
// of the release has ended well. Whatever goes wrong here, nothing was switched.

import type { Report } from '../../protocol/messages.ts';
import { formatDuration } from '../../states/units.ts';
import { exits } from '../cli/exit.ts';
import {
  ask,
  finish,
  idsOf,
  inPhase,
  jobsMs,
  patch,
  patchAll,
  progressed,
  type Draft,
} from './draft.ts';
import { canHeal, firstWords, keepOld, tryLater } from './outcome.ts';
import type { RolloutHost } from './record.ts';
import { startRolling } from './rolling-out.ts';

export function onReport(draft: Draft, host: RolloutHost, report: Report): void {
  if (report.outcome === 'done') {
    const clean = { failures: [], retryAt: null, detail: undefined };
    if (host.told === 'prepare' && host.jobs !== undefined) {
      const jobs = { ...host.jobs, done: true };
      patch(draft, host.host, { phase: 'pulled', jobs, ...clean }, 'has run its jobs');
    } else patch(draft, host.host, { phase: 'pulled', ...clean }, 'has pulled');
    progressed(draft);
    return goOn(draft);
  }
  if (canHeal(report)) return tryLater(draft, host, report);
  const words = firstWords(report.failures);
  const { failures, running } = report;
  const what = host.told === 'prepare' ? words : `cannot pull: ${words}`;
  patch(draft, host.host, { failures, running, detail: words }, what);
  keepOld(draft);
  finish(draft, 'rolled-back', {
    exit: exits.rolledBack,
    why: `${host.host}: ${words}`,
    message: `${draft.rollout.id} failed before anything was switched`,
  });
}

/** Hosts that are gone are left behind; one that is there and cannot pull blocks all. */
export function onDeadline(draft: Draft): void {
  const waiting = inPhase(draft, 'pulling');
  const [stuck] = waiting.filter(({ lost }) => !lost);
  const gone = waiting.filter(({ lost }) => lost);
  const left = { phase: 'offline', retryAt: null, detail: undefined } as const;
  patchAll(draft, idsOf(gone), () => left, 'did not come back in time; left behind');
  if (stuck === undefined) return goOn(draft);
  const atJobs = jobsMs(stuck);
  const within = formatDuration(draft.rollout.policy.progressMs + atJobs);
  const words = stuck.detail ?? (atJobs > 0 ? 'its jobs have not ended' : 'it has not pulled');
  block(draft, exits.blocked, `${stuck.host}: ${words} (waited ${within})`);
}

export function goOn(draft: Draft): void {
  if (inPhase(draft, 'pulling').length > 0) return;
  const pulled = inPhase(draft, 'pulled');
  if (pulled.length > 0) {
    const due = draft.rollout.hosts.filter(({ jobs }) => jobs?.done === false);
    const away = due.find((host) => host.phase !== 'pulled' && owesShared(host));
    if (away !== undefined) return blockFor(draft, away, 'cannot be reached');
    const here = due.filter(({ phase }) => phase === 'pulled');
    return here.length > 0 ? prepare(draft, here) : startRolling(draft);
  }
  block(draft, exits.missing, 'no host is left that can be reached');
}

/** All others wait for a job there that has not ended well yet. */
export const owesShared = ({ jobs }: RolloutHost): boolean =>
  jobs !== undefined && jobs.shared && !jobs.done;

export function blockFor(draft: Draft, { host }: RolloutHost, words: string): void {
  const why = `${host} ${words}, and a job must run there before anything is switched`;
  block(draft, exits.missing, why);
}

/** They take as long as they may, not only as long as a rollout may go without progress. */
function prepare(draft: Draft, hosts: readonly RolloutHost[]): void {
  const again = { phase: 'pulling', attempts: 0, detail: undefined } as const;
  patchAll(draft, idsOf(hosts), () => again, 'runs its jobs');
  ask(draft, idsOf(hosts), 'prepare');
  progressed(draft);
}

function block(draft: Draft, exit: number, why: string): void {
  keepOld(draft);
  const message = `${draft.rollout.id} could not be finished; nothing was switched`;
  finish(draft, 'errored', { exit, why, message });
}
