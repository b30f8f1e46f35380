// Every decision of a rollout: what happened → how it stands now and what has to be done. Pure. What
// can happen in any phase is decided here, the rest in a file per phase.

import type { Report } from '../../protocol/messages.ts';
import type { HostId } from '../../states/ids.ts';
import { exits } from '../cli/exit.ts';
import { plural } from '../words.ts';
import {
  ask,
  draftOf,
  finish,
  hostOf,
  idsOf,
  inPhase,
  modeOf,
  outnumber,
  patch,
  patchAll,
  progressed,
  type Draft,
  type Effect,
} from './draft.ts';
import { keepOld } from './outcome.ts';
import * as pulling from './pulling.ts';
import { isOver, type Rollout, type RolloutHost } from './record.ts';
import * as rollingBack from './rolling-back.ts';
import * as rollingOut from './rolling-out.ts';

export type { Effect } from './draft.ts';

export type RolloutEvent =
  | { readonly type: 'report'; readonly host: HostId; readonly report: Report }
  /** `held`: the newest generation that the host itself says it was given. */
  | { readonly type: 'linked'; readonly host: HostId; readonly held: number }
  | { readonly type: 'lost'; readonly host: HostId }
  /** By its own last word; asked for when time is up, as it is the reason. */
  | { readonly type: 'waits'; readonly host: HostId; readonly detail: string }
  | { readonly type: 'removed'; readonly host: HostId }
  | { readonly type: 'tick' }
  | { readonly type: 'abort'; readonly actor: string }
  /** The master was away: no link has outlived that, and its absence is nobody's delay. */
  | { readonly type: 'resume' };

export function advance(
  rollout: Rollout,
  event: RolloutEvent,
  now: number,
): [Rollout, readonly Effect[]] {
  // Nothing moves a rollout that is over.
  if (isOver(rollout)) return [rollout, []];
  const draft = draftOf(rollout, now);
  decide(draft, event);
  return [draft.rollout, draft.effects];
}

/** When time alone will next change something; undefined when it is over. */
export function wakeAt(rollout: Rollout): number | undefined {
  if (isOver(rollout)) return undefined;
  const retries = rollout.hosts.flatMap(({ retryAt }) => (retryAt === null ? [] : [retryAt]));
  return Math.min(rollout.deadline, ...retries);
}

function decide(draft: Draft, event: RolloutEvent): void {
  switch (event.type) {
    case 'report':
      return onReport(draft, event.host, event.report);
    case 'tick':
      return onTick(draft);
    case 'linked':
      return onLinked(draft, event.host, event.held);
    case 'lost':
      return onLost(draft, event.host);
    case 'waits':
      return onWaits(draft, event.host, event.detail);
    case 'removed':
      return onRemoved(draft, event.host);
    case 'abort':
      return onAbort(draft, event.actor);
    case 'resume':
      return onResume(draft);
  }
}

/** As often as this a new beginning of the master gives hosts their time again. */
const resumesMax = 3;

/** A master that dies over and over must not keep a rollout waiting for ever. */
function onResume(draft: Draft): void {
  patchAll(draft, idsOf(draft.rollout.hosts), () => ({ lost: true }));
  const resumed = (draft.rollout.resumed ?? 0) + 1;
  if (resumed <= resumesMax) progressed(draft);
  draft.rollout = { ...draft.rollout, resumed };
}

const phases = {
  pulling,
  'rolling-out': rollingOut,
  'rolling-back': rollingBack,
} as const;

const phaseOf = ({ rollout }: Draft) => {
  const found = phases[rollout.phase as keyof typeof phases] as
    (typeof phases)[keyof typeof phases] | undefined;
  if (found === undefined) throw new Error(`a rollout that is ${rollout.phase} was not over`);
  return found;
};

function onReport(draft: Draft, id: HostId, report: Report): void {
  const host = hostOf(draft, id);
  if (host === undefined || host.answered || !isAbout(host, report)) return;
  patch(draft, id, { answered: true });
  phaseOf(draft).onReport(draft, host, report);
}

/** What was asked for last, and nothing that was asked for before. */
const isAbout = ({ told, generation }: RolloutHost, report: Report): boolean =>
  told !== 'nothing' && report.generation === generation && report.mode === modeOf(told);

function onTick(draft: Draft): void {
  if (draft.now >= draft.rollout.deadline) return phaseOf(draft).onDeadline(draft);
  const due = draft.rollout.hosts.filter(({ retryAt }) => retryAt !== null && retryAt <= draft.now);
  patchAll(draft, idsOf(due), () => ({ retryAt: null }));
  askAgain(draft, due);
}

function onLinked(draft: Draft, id: HostId, held: number): void {
  const host = hostOf(draft, id);
  if (host === undefined) return;
  if (host.lost) {
    patch(
      draft,
      id,
      { lost: false, detail: undefined },
      isAwaited(host) ? 'is linked again' : undefined,
    );
  }
  // It has been given more than this master knows of: only what is newer still will be heard.
  if (held > host.generation) {
    outnumber(draft, id, held);
    askAgain(draft, [host]);
  }
  if (host.lost && draft.rollout.phase === 'rolling-back') rollingBack.goOn(draft);
}

function onLost(draft: Draft, id: HostId): void {
  const host = hostOf(draft, id);
  if (host === undefined || host.lost) return;
  const detail = 'its link is gone; the rollout waits for it until its deadline';
  if (isAwaited(host)) patch(draft, id, { lost: true, detail }, detail);
  else patch(draft, id, { lost: true });
}

function onWaits(draft: Draft, id: HostId, detail: string): void {
  const host = hostOf(draft, id);
  if (host !== undefined && isAwaited(host)) patch(draft, id, { detail });
}

function onRemoved(draft: Draft, id: HostId): void {
  const removed = hostOf(draft, id);
  if (removed === undefined) return;
  patch(draft, id, { phase: 'offline' }, 'was removed from the fleet');
  const hosts = draft.rollout.hosts.filter(({ host }) => host !== id);
  draft.rollout = { ...draft.rollout, hosts };
  // The job of all went with it, and nobody else was given it.
  if (draft.rollout.phase === 'pulling' && pulling.owesShared(removed)) {
    return pulling.blockFor(draft, removed, 'was removed');
  }
  phaseOf(draft).goOn(draft);
}

/** Nobody is called back: what a host was told last, it goes on with. */
function onAbort(draft: Draft, actor: string): void {
  const message = `${draft.rollout.id} was aborted ${abortWords(draft)}`;
  keepOld(draft);
  const why = `${actor} aborted it`;
  finish(draft, 'aborted', { exit: exits.notRolledBack, actor, why, message });
}

function abortWords(draft: Draft): string {
  const { phase } = draft.rollout;
  if (phase === 'pulling') return 'before anything was switched';
  if (phase === 'rolling-back') return `on its way back: ${rollingBack.leftBy(draft)}`;
  const going = inPhase(draft, 'switching').length;
  const go = `, and ${plural(going, 'host')} ${going === 1 ? 'goes' : 'go'} on switching`;
  return `on its way: what is switched stays${going > 0 ? go : ''}`;
}

export const isAwaited = ({ phase }: RolloutHost): boolean =>
  phase === 'pulling' || phase === 'switching' || phase === 'reverting';

function askAgain(draft: Draft, hosts: readonly RolloutHost[]): void {
  for (const what of ['pull', 'prepare', 'new', 'old'] as const) {
    const same = hosts.filter(({ told }) => told === what);
    if (same.length > 0) ask(draft, idsOf(same), what);
  }
}
