// How a decision is put together: a draft of the rollout as it will be, and what has to be done for
// that. It lives for one decision only; every transition in it is an event in the same commit.

import type { HostId } from '../../states/ids.ts';
import type { HostPhase, NewEvent } from '../events.ts';
import type { Rollout, RolloutHead, RolloutHost, Told } from './record.ts';

export type Effect =
  | {
      readonly do: 'desire';
      readonly host: HostId;
      readonly generation: number;
      readonly mode: 'pull' | 'run';
      readonly onFailure: 'rollback' | 'pause';
      /** The jobs of the state are to be run too. */
      readonly jobs?: true;
      /** `old` is what proved itself last on this host, nothing at all where nothing has. */
      readonly state: 'new' | 'old';
    }
  /** The new state has proved itself on this host: it is what a later rollback goes back to. */
  | { readonly do: 'settle'; readonly host: HostId }
  | { readonly do: 'tell'; readonly event: NewEvent };

export interface Draft {
  rollout: Rollout;
  readonly effects: Effect[];
  readonly now: number;
}

export const draftOf = (rollout: Rollout, now: number): Draft => ({ rollout, effects: [], now });

export const hostOf = ({ rollout }: Pick<Draft, 'rollout'>, id: string): RolloutHost | undefined =>
  rollout.hosts.find(({ host }) => host === id);

export const inPhase = (
  { rollout }: Pick<Draft, 'rollout'>,
  ...phases: readonly HostPhase[]
): readonly RolloutHost[] => rollout.hosts.filter(({ phase }) => phases.includes(phase));

type HostPatch = Partial<
  Omit<RolloutHost, 'host' | 'batch' | 'since' | 'told' | 'generation' | 'detail'>
> & { readonly detail?: string | undefined };

/** With a message it is an event of the history; without one only the record changes. */
export function patch(draft: Draft, id: HostId, values: HostPatch, message?: string): void {
  patchAll(draft, [id], () => values, message);
}

export function patchAll(
  draft: Draft,
  ids: readonly HostId[],
  values: (host: RolloutHost) => HostPatch,
  message?: string,
): void {
  if (ids.length === 0) return;
  const chosen = new Set<string>(ids);
  const told: NewEvent[] = [];
  const hosts = draft.rollout.hosts.map((host) => {
    if (!chosen.has(host.host)) return host;
    const change = values(host);
    const next = patched(host, change, draft.now);
    if (message !== undefined) told.push(hostEvent(draft.rollout, next, { change, message }));
    return next;
  });
  draft.rollout = { ...draft.rollout, hosts };
  draft.effects.push(...told.map((event) => ({ do: 'tell' as const, event })));
}

/** Desires are numbered here: each is newer than all that the host has been given before. */
export function ask(draft: Draft, ids: readonly HostId[], what: Exclude<Told, 'nothing'>): void {
  if (ids.length === 0) return;
  const chosen = new Set<string>(ids);
  const hosts = draft.rollout.hosts.map((host) =>
    chosen.has(host.host) ? asked(host, what) : host,
  );
  draft.rollout = { ...draft.rollout, hosts };
  for (const { host, generation } of hosts.filter((each) => chosen.has(each.host))) {
    draft.effects.push({
      do: 'desire',
      host,
      generation,
      mode: modeOf(what),
      ...(what === 'prepare' && { jobs: true as const }),
      // Where the old state fails too there is nothing better to go back to.
      onFailure: what === 'old' ? 'pause' : onFailureOnHost(draft.rollout),
      state: what === 'old' ? 'old' : 'new',
    });
  }
}

/** The minion runs jobs where it also only pulls: nothing is switched by either. */
export const modeOf = (what: Told): 'pull' | 'run' =>
  what === 'pull' || what === 'prepare' ? 'pull' : 'run';

/** What the host is asked for from now on is newer than this generation. */
export function outnumber(draft: Draft, id: HostId, generation: number): void {
  const hosts = draft.rollout.hosts.map((host) =>
    host.host === id ? { ...host, generation } : host,
  );
  draft.rollout = { ...draft.rollout, hosts };
}

const asked = (host: RolloutHost, what: Told): RolloutHost => ({
  ...host,
  told: what,
  switched: host.switched || what === 'new',
  generation: host.generation + 1,
  answered: false,
});

export const settle = (draft: Draft, hosts: readonly RolloutHost[]): void => {
  for (const { host } of hosts) draft.effects.push({ do: 'settle', host });
};

interface Words {
  readonly message: string;
  readonly why?: string;
  readonly actor?: string;
}

/** Into another phase of the whole, with a deadline of its own. */
export function enter(draft: Draft, phase: Rollout['phase'], words: Words): void {
  const { why, message, actor = 'master' } = words;
  draft.rollout = { ...draft.rollout, phase, why: why ?? draft.rollout.why };
  draft.effects.push({
    do: 'tell',
    event: {
      ...{ ...eventBase(draft.rollout), kind: 'rollout', phase, actor, message },
      ...(why === undefined ? {} : { why }),
    },
  });
  progressed(draft);
}

/** Nothing moves it afterwards. */
export function finish(
  draft: Draft,
  phase: Exclude<Rollout['phase'], 'pulling' | 'rolling-out' | 'rolling-back'>,
  words: Words & { readonly exit: number },
): void {
  enter(draft, phase, words);
  draft.rollout = { ...draft.rollout, endedAt: draft.now, exit: words.exit };
}

/** Something got further: the time without progress begins anew; jobs that run have their own on top. */
export function progressed(draft: Draft): void {
  const { policy, hosts } = draft.rollout;
  const deadline = draft.now + policy.progressMs + Math.max(0, ...hosts.map(jobsMs));
  draft.rollout = { ...draft.rollout, deadline, resumed: 0 };
}

/** How long the jobs that the host runs now may take; 0 where it runs none. */
export const jobsMs = ({ phase, told, jobs }: RolloutHost): number =>
  phase === 'pulling' && told === 'prepare' ? (jobs?.timeoutMs ?? 0) : 0;

export const idsOf = (hosts: readonly RolloutHost[]): readonly HostId[] =>
  hosts.map(({ host }) => host);

function patched(host: RolloutHost, values: HostPatch, now: number): RolloutHost {
  const { detail: before, ...rest } = host;
  const { detail, ...others } = values;
  const words = 'detail' in values ? detail : before;
  const moved = others.phase !== undefined && others.phase !== host.phase;
  return {
    ...{ ...rest, ...others, since: moved ? now : host.since },
    ...(words === undefined ? {} : { detail: words }),
  };
}

/** A host never waits for the fleet to go back, unless it was asked to stay where it fails. */
const onFailureOnHost = ({ policy, cause }: RolloutHead): 'rollback' | 'pause' =>
  cause === 'rollback' ? 'rollback' : policy.onFailure;

const eventBase = (rollout: RolloutHead) => ({
  environment: rollout.environment,
  rollout: rollout.id,
  release: rollout.release,
  commit: rollout.commit,
  cause: rollout.cause,
});

/** Evidence is told once, with the transition that it belongs to. */
function hostEvent(
  rollout: RolloutHead,
  host: RolloutHost,
  { change, message }: { readonly change: HostPatch; readonly message: string },
): NewEvent {
  const { failures = [], gapMs } = change;
  return {
    ...{ ...eventBase(rollout), kind: 'host', host: host.host, phase: host.phase },
    ...{ actor: 'master', message },
    ...(failures.length === 0 ? {} : { failures: [...failures] }),
    ...(gapMs === undefined ? {} : { gapMs }),
  };
}
