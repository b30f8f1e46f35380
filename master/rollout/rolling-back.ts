// Back to what ran before: on every host that was switched, all at once, through the health gate. It
// is never itself rolled back, and never a success.

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
  type Draft,
} from './draft.ts';
import { canHeal, firstWords, gotThere, keepOld, silence, tryLater } from './outcome.ts';
import type { RolloutHost } from './record.ts';

export function rollBack(draft: Draft, why: string): void {
  const switched = draft.rollout.hosts.filter(({ told }) => told === 'new');
  const message = `${draft.rollout.id} failed; ${plural(switched.length, 'host')} to go back`;
  enter(draft, 'rolling-back', { why, message });
  keepOld(draft);
  const reached = switched.filter(({ phase }) => phase !== 'offline');
  const values = { phase: 'reverting', attempts: 0, retryAt: null, detail: undefined } as const;
  patchAll(draft, idsOf(reached), () => values, 'goes back to what ran before');
  ask(draft, idsOf(switched), 'old');
  goOn(draft);
}

export function onReport(draft: Draft, host: RolloutHost, report: Report): void {
  const { running } = report;
  const awaited = host.phase === 'reverting' || (host.phase === 'offline' && host.switched);
  if (!awaited) return patch(draft, host.host, { running });
  if (gotThere(report)) {
    const values = { phase: 'reverted', running, retryAt: null, detail: undefined } as const;
    patch(draft, host.host, values, 'runs again what ran before');
    progressed(draft);
    return goOn(draft);
  }
  if (canHeal(report) && host.phase === 'reverting') return tryLater(draft, host, report);
  const failures = [...host.failures, ...report.failures];
  const phase = report.now === 'down' ? 'down' : 'failed';
  const words = firstWords(report.failures);
  const values = { phase, failures, running, retryAt: null, detail: words } as const;
  patch(draft, host.host, values, `could not go back: ${words}`);
  goOn(draft);
}

export function onDeadline(draft: Draft): void {
  const { rollout } = draft;
  patchAll(
    draft,
    idsOf(inPhase(draft, 'reverting')),
    (host) => ({
      ...{ phase: host.lost ? 'offline' : 'failed', retryAt: null, detail: undefined },
      failures: [...host.failures, silence(rollout, host, 'go back')],
    }),
    'did not get back in time',
  );
  goOn(draft);
}

export function goOn(draft: Draft): void {
  if (inPhase(draft, 'reverting').length > 0) return;
  const { id } = draft.rollout;
  const notBack = inPhase(draft, 'down', 'failed', 'offline').filter(({ switched }) => switched);
  if (notBack.length === 0) {
    const message = `${id} was rolled back; the hosts run what ran before`;
    return finish(draft, 'rolled-back', { exit: exits.rolledBack, message });
  }
  const message = `${id} could not be rolled back on ${plural(notBack.length, 'host')}`;
  finish(draft, 'rollback-failed', { exit: exits.notRolledBack, message });
}
