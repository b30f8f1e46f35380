// What a host's report means for the rollout, and how a rollout leaves the hosts it did not switch.

import type { HostFailure, Report } from '../../protocol/messages.ts';
import { faults, type FaultCode } from '../../states/faults.ts';
import { formatDuration } from '../../states/units.ts';
import type { HostPhase } from '../events.ts';
import { ask, idsOf, modeOf, patch, patchAll, type Draft } from './draft.ts';
import type { Rollout, RolloutHost } from './record.ts';

const retryMsMin = 1_000;
const retryMsMax = 30_000;

/** Every reason can pass by itself, as a registry that is down, and nothing was switched. */
export const canHeal = ({ mode, failures, now, reverted }: Report): boolean =>
  failures.length > 0 &&
  failures.every(({ code }) => faults[code].retry) &&
  (mode === 'pull' || (now !== 'down' && !reverted));

/** Keeps its phase and is asked again after a while, each time a longer one. */
export function tryLater(draft: Draft, host: RolloutHost, report: Report): void {
  const wait = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(host.attempts, 10));
  const detail = firstWords(report.failures);
  patch(
    draft,
    host.host,
    {
      ...{ attempts: host.attempts + 1, retryAt: draft.now + wait, detail },
      ...{ failures: report.failures, running: report.running },
    },
    `not yet: ${detail}; again in ${formatDuration(wait)}`,
  );
}

export function firstWords(failures: readonly HostFailure[]): string {
  const [first] = failures;
  if (first === undefined) return 'it failed and did not say why';
  return first.service === undefined ? first.message : `${first.service}: ${first.message}`;
}

/**
 * It runs what it was asked to run. What went wrong afterwards, as the removal of something old, is
 * told as its failure, but is no reason to give up what works.
 */
export const gotThere = ({ outcome, now }: Report): boolean => outcome === 'done' || now === 'new';

/** How a host that failed stands now, by its own word. */
export function failedPhase({ now, reverted }: Report): HostPhase {
  if (now === 'down') return 'down';
  return reverted ? 'reverted' : 'kept-old';
}

export const longestGap = ({ running }: Report): number | undefined => {
  const gaps = running.flatMap(({ gapMs }) => (gapMs === undefined ? [] : [gapMs]));
  return gaps.length === 0 ? undefined : Math.max(...gaps);
};

/** A host that ends without a report of its own. */
export function silence(
  { policy }: Rollout,
  { lost, detail }: RolloutHost,
  phase: string,
): HostFailure {
  const within = formatDuration(policy.progressMs);
  const waits = detail === undefined ? '' : `: ${detail}`;
  const [code, message]: [FaultCode, string] = lost
    ? ['HOSTS_MISSING', `its link is gone and it did not come back within ${within}`]
    : ['NO_PROGRESS', `it did not get further within ${within}${waits}`];
  return { code, message, phase };
}

/** Hosts that only pulled go on running, and holding, what they ran before. */
export function keepOld(draft: Draft): void {
  const hosts = draft.rollout.hosts.filter(
    ({ told }) => told !== 'nothing' && modeOf(told) === 'pull',
  );
  const reached = hosts.filter(({ phase }) => phase !== 'offline');
  const values = { phase: 'kept-old', retryAt: null, detail: undefined } as const;
  patchAll(draft, idsOf(reached), () => values, 'keeps what it ran before');
  ask(draft, idsOf(hosts), 'old');
}
