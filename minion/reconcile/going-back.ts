// What to do when a change has failed half-way: nothing, stay, or go back. Pure.

import type { Desire, HostFailure } from '../../protocol/messages.ts';
import type { HostState } from '../../states/model.ts';
import { containerName } from '../../states/naming.ts';
import type { Observed, ObservedContainer } from '../../states/observed.ts';
import type { Step } from '../../states/step.ts';
import type { Tally } from './tally.ts';

export interface Fallen {
  readonly desire: Pick<Desire, 'onFailure' | 'state'>;
  /** What the host ran before by its journal; undefined where that does not know. */
  readonly previous: HostState | undefined;
  readonly failures: readonly HostFailure[];
  /** As the host was before the change. */
  readonly before: Observed;
  readonly now: Observed;
  readonly tally: Pick<Tally, 'started' | 'stopped'>;
}

export type Decision =
  /** Nothing that runs was touched; only what was made for it goes. */
  | { readonly do: 'clear' }
  | { readonly do: 'stay'; readonly now: 'new' | 'down'; readonly why?: string }
  | { readonly do: 'go-back' };

export function decide(fallen: Fallen): Decision {
  const { desire, failures, tally } = fallen;
  if (tally.started.size + tally.stopped.size === 0) return { do: 'clear' };
  // Everything was healthy by then: what is left over is no reason to give that up.
  if (failures.every(({ phase }) => phase === 'remove')) return { do: 'stay', now: 'new' };
  if (desire.onFailure === 'pause') return { do: 'stay', now: 'down' };
  const services = new Set(failures.map(({ service }) => service));
  if (isTheSame(fallen, services)) {
    return { do: 'stay', now: 'down', why: 'what ran before was the same' };
  }
  if (isBetterNow(fallen, services)) {
    const why = 'what ran before was not healthy either; kept the new one, which at least runs';
    return { do: 'stay', now: 'down', why };
  }
  return { do: 'go-back' };
}

/** The services that failed are made of the same containers before and after. */
function isTheSame({ desire, previous }: Fallen, services: ReadonlySet<string | undefined>) {
  if (previous === undefined) return false;
  const [wanted, had] = [namesOf(desire.state, services), namesOf(previous, services)];
  return had.size === wanted.size && [...had].every((name) => wanted.has(name));
}

/** The old ones were ill or dead already, and the new ones at least run. */
function isBetterNow({ desire, before, now }: Fallen, services: ReadonlySet<string | undefined>) {
  const wanted = namesOf(desire.state, services);
  const old = before.containers.filter(
    ({ service, name, status }) =>
      services.has(service) && !wanted.has(name) && status !== 'created',
  );
  const alive = (each: ObservedContainer): boolean =>
    each.status === 'running' && each.health !== 'unhealthy';
  const runs = ({ name, status }: ObservedContainer): boolean =>
    wanted.has(name) && status === 'running';
  const wasLive = old.some(({ status }) => status !== 'exited');
  return wasLive && !old.some(alive) && now.containers.filter(runs).length === wanted.size;
}

function namesOf(state: HostState, services: ReadonlySet<string | undefined>): Set<string> {
  const specs = services.has(undefined)
    ? state.containers
    : state.containers.filter(({ service }) => services.has(service));
  return new Set(specs.map((spec) => containerName({ ...state, spec })));
}

/**
 * Back without knowing from what, for a host whose journal was lost: in every place that was touched
 * the new one stops, and what ran there is started again and asked as the new one would have been.
 */
export function undo(
  state: HostState,
  { before, tally }: Pick<Fallen, 'before' | 'tally'>,
): readonly Step[] {
  const reason = 'going back';
  return state.containers.flatMap((spec): Step[] => {
    const name = containerName({ ...state, spec });
    const { service, stop } = spec;
    const old = before.containers.filter(
      (each) => each.service === service && each.slot === spec.slot && tally.stopped.has(each.name),
    );
    return [
      ...(tally.started.has(name)
        ? [{ do: 'stop', container: name, service, timeoutMs: stop.timeoutMs, reason } as const]
        : []),
      ...old.map(({ name: container }) => ({ do: 'start', container, spec, reason }) as const),
      ...old.map(
        ({ name: container }) => ({ do: 'await-healthy', container, spec, reason }) as const,
      ),
    ];
  });
}

/**
 * Names of containers that are of no use once the state has failed. `touched` are those that were made
 * or started for it; undefined where that is not known any more, and all of them count as touched.
 */
export function leftOver(
  failed: HostState,
  previous: HostState | undefined,
  touched: ReadonlySet<string> | undefined,
): ReadonlySet<string> {
  const everything: ReadonlySet<undefined> = new Set([undefined]);
  const kept = previous === undefined ? new Set<string>() : namesOf(previous, everything);
  const useless = (name: string): boolean =>
    !kept.has(name) && (touched === undefined || touched.has(name));
  return new Set([...namesOf(failed, everything)].filter(useless));
}
