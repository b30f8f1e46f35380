// Back to what ran before, on every host that was switched, through the health gate: first, all at once,
// what serves nobody anyway, then batch by batch what does. It is never itself rolled back, and never a
// success.

import type { Report } from '../../protocol/messages.ts';
import { exits } from '../cli/exit.ts';
import { plural } from '../words.ts';
import { batchSize } from './batches.ts';
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
import {
  canHeal,
  failedPhase,
  firstWords,
  gotThere,
  keepOld,
  silence,
  tryLater,
} from './outcome.ts';
import type { Rollout, RolloutHost } from './record.ts';

export function rollBack(draft: Draft, why: string): void {
  const message = `${draft.rollout.id} failed; ${plural(turnsLeft(draft.rollout).length, 'host')} to go back`;
  enter(draft, 'rolling-back', { why, message });
  keepOld(draft);
  goOn(draft);
}

export function onReport(draft: Draft, host: RolloutHost, report: Report): void {
  const { running } = report;
  const awaited = host.phase === 'reverting' || (host.phase === 'offline' && host.switched);
  const works = gotThere(report);
  // One that waits for its turn, and was asked for the new state once more meanwhile.
  const broke = host.told === 'new' && !works;
  if (!awaited && !broke) return patch(draft, host.host, { running });
  if (works) {
    const values = { phase: 'reverted', running, retryAt: null, detail: undefined } as const;
    patch(draft, host.host, values, 'runs again what ran before');
    progressed(draft);
    return goOn(draft);
  }
  if (canHeal(report) && host.phase === 'reverting') return tryLater(draft, host, report);
  const failures = [...host.failures, ...report.failures];
  const words = firstWords(report.failures);
  const said = { failures, running, retryAt: null, detail: words };
  if (broke) patch(draft, host.host, { phase: failedPhase(report), ...said }, words);
  else {
    const phase = report.now === 'down' ? 'down' : 'failed';
    patch(draft, host.host, { phase, ...said }, `could not go back: ${words}`);
  }
  goOn(draft);
}

/** Who did not get back is not waited for any longer, nor who did not come back for its turn. */
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
  const waiting = turnsLeft(rollout);
  if (waiting.every(({ lost }) => lost)) leave(draft, waiting);
  goOn(draft);
}

export function goOn(draft: Draft): void {
  sendBack(draft, turnsLeft(draft.rollout).filter(isOut));
  if (inPhase(draft, 'reverting').length > 0) return;
  const waiting = turnsLeft(draft.rollout);
  if (waiting.length === 0) return end(draft);
  // One that is away has its turn when it is back: what it serves is not stopped along with others.
  const here = waiting.filter(({ lost }) => !lost);
  if (here.length === 0) return;
  sendBack(draft, here.slice(0, batchOf(draft.rollout)));
  progressed(draft);
}

/** What an abort in the middle of it leaves, in words. */
export function leftBy(draft: Draft): string {
  const staying = turnsLeft(draft.rollout).length;
  const going = inPhase(draft, 'reverting').length;
  const stay = `${plural(staying, 'host')} ${staying === 1 ? 'stays as it is' : 'stay as they are'}`;
  const go = `${plural(going, 'host')} ${going === 1 ? 'goes' : 'go'} on to what ran before`;
  return [...(going > 0 ? [go] : []), ...(staying > 0 ? [stay] : [])].join(', ');
}

/** Switched and not yet told to go back; what failed by itself and runs the old state comes first. */
const turnsLeft = ({ hosts }: Rollout): readonly RolloutHost[] => {
  const left = hosts.filter(({ told }) => told === 'new');
  const works = ({ phase }: RolloutHost) => phase === 'done';
  return [...left.filter((host) => !works(host)), ...left.filter(works)];
};

/** It serves nobody, as far as anybody knows: going back takes nothing away. */
const isOut = ({ phase }: RolloutHost): boolean =>
  phase === 'switching' || phase === 'failed' || phase === 'down' || phase === 'offline';

/** As many as on the way there, and no canary: a part is a part of those that took part. */
const batchOf = ({ policy, hosts }: Rollout): number =>
  batchSize(policy.batch, hosts.filter(({ told }) => told !== 'nothing').length);

function sendBack(draft: Draft, hosts: readonly RolloutHost[]): void {
  const reached = hosts.filter(({ phase }) => phase !== 'offline');
  const values = { phase: 'reverting', attempts: 0, retryAt: null, detail: undefined } as const;
  patchAll(draft, idsOf(reached), () => values, 'goes back to what ran before');
  ask(draft, idsOf(hosts), 'old');
}

function leave(draft: Draft, hosts: readonly RolloutHost[]): void {
  patchAll(
    draft,
    idsOf(hosts),
    (host) => ({
      ...{ phase: 'offline', retryAt: null, detail: undefined },
      failures: [...host.failures, silence(draft.rollout, host, 'go back')],
    }),
    'did not come back for its turn; it goes back when it is linked again',
  );
  ask(draft, idsOf(hosts), 'old');
}

function end(draft: Draft): void {
  const { id } = draft.rollout;
  const notBack = inPhase(draft, 'down', 'failed', 'offline').filter(({ switched }) => switched);
  if (notBack.length === 0) {
    const message = `${id} was rolled back; the hosts run what ran before`;
    return finish(draft, 'rolled-back', { exit: exits.rolledBack, message });
  }
  const message = `${id} could not be rolled back on ${plural(notBack.length, 'host')}`;
  finish(draft, 'rollback-failed', { exit: exits.notRolledBack, message });
}
