// The barrier: no host is switched before every host that can be reached has pulled. Whatever goes
// wrong here, nothing was touched.

import type { Report } from '../../protocol/messages.ts';
import { formatDuration } from '../../states/units.ts';
import { exits } from '../cli/exit.ts';
import { finish, idsOf, inPhase, patch, patchAll, progressed, type Draft } from './draft.ts';
import { canHeal, firstWords, keepOld, tryLater } from './outcome.ts';
import type { RolloutHost } from './record.ts';
import { startRolling } from './rolling-out.ts';

export function onReport(draft: Draft, host: RolloutHost, report: Report): void {
  if (report.outcome === 'done') {
    const clean = { failures: [], retryAt: null, detail: undefined };
    patch(draft, host.host, { phase: 'pulled', ...clean }, 'has pulled');
    progressed(draft);
    return goOn(draft);
  }
  if (canHeal(report)) return tryLater(draft, host, report);
  const words = firstWords(report.failures);
  const { failures, running } = report;
  patch(draft, host.host, { failures, running, detail: words }, `cannot pull: ${words}`);
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
  const within = formatDuration(draft.rollout.policy.progressMs);
  const words = stuck.detail ?? 'it has not pulled';
  block(draft, exits.blocked, `${stuck.host}: ${words} (waited ${within})`);
}

export function goOn(draft: Draft): void {
  if (inPhase(draft, 'pulling').length > 0) return;
  if (inPhase(draft, 'pulled').length > 0) return startRolling(draft);
  block(draft, exits.missing, 'no host is left that can be reached');
}

function block(draft: Draft, exit: number, why: string): void {
  keepOld(draft);
  const message = `${draft.rollout.id} could not be finished; nothing was switched`;
  finish(draft, 'errored', { exit, why, message });
}
