// Which hosts a change is about, and what each of them must run: what was asked for, and nothing where
// a host no longer belongs to the environment.

import type { Report } from '../../protocol/messages.ts';
import { fault } from '../../states/faults.ts';
import { parseHostId, type HostId } from '../../states/ids.ts';
import type { HostState, InventoryHost, PinnedImage, RolloutPolicy } from '../../states/model.ts';
import { matches, parseHostSelector, type Selector } from '../../states/selector.ts';
import { hostsAsked, readDesired, readObserved } from '../rollout/keys.ts';
import type { DesiredRecord } from '../rollout/record.ts';
import { emptyState } from '../rollout/transition.ts';
import type { Store } from '../store/store.ts';

export interface Target {
  readonly host: HostId;
  readonly state: HostState;
  /** What the master wants of it until now. */
  readonly desired: DesiredRecord | undefined;
  readonly observed: Report | undefined;
}

/** A release with what each host must run for it: everything that a plan or a rollout needs. */
export interface Change extends Pick<HostState, 'project' | 'environment' | 'release' | 'commit'> {
  readonly subject: string | null;
  readonly images: readonly PinnedImage[];
  readonly policy: RolloutPolicy;
  readonly targets: readonly Target[];
  /** Only some of the environment's hosts were asked for. */
  readonly partial: boolean;
  /** The states no longer have the environment. */
  readonly removes: boolean;
  readonly warnings: readonly string[];
}

/** Throws BAD_USAGE for what is no selector, NO_HOSTS where it matches none. */
export function narrowed<T>(
  hosts: readonly T[],
  text: string | undefined,
  of: { readonly inventory: (host: T) => InventoryHost; readonly what: string },
): readonly T[] {
  if (text === undefined) return hosts;
  const selector = hostSelector(text);
  const chosen = hosts.filter((host) => matches(selector, of.inventory(host)));
  if (chosen.length > 0) return chosen;
  throw fault('NO_HOSTS', `no host of ${of.what} matches ${text}`);
}

function hostSelector(text: string): Selector {
  const parsed = parseHostSelector(text);
  if (parsed.ok) return parsed.value;
  const hint = parsed.hint === undefined ? '' : `; ${parsed.hint}`;
  throw fault('BAD_USAGE', `${parsed.problem}${hint}`);
}

export async function targetOf(store: Store, host: HostId, state: HostState): Promise<Target> {
  const [desired, observed] = await Promise.all([
    readDesired(store, state.environment, host),
    readObserved(store, state.environment, host),
  ]);
  return { host, state, desired: desired.value, observed: observed.value?.report };
}

/**
 * Hosts that were asked for something here and do not belong here any more: they must run nothing.
 * Those that were told so already and are away converge by themselves.
 */
export async function leaving(
  store: Store,
  from: Pick<HostState, 'project' | 'environment' | 'release' | 'commit' | 'network'>,
  hosts: {
    readonly staying: ReadonlySet<string>;
    readonly inventory: readonly InventoryHost[];
    readonly linked: ReadonlySet<string>;
  },
): Promise<readonly Target[]> {
  const known = new Set<string>(hosts.inventory.map(({ id }) => id));
  const asked = await hostsAsked(store, from.environment);
  const gone = asked.filter((name) => known.has(name) && !hosts.staying.has(name));
  const targets: Target[] = [];
  for (const name of gone) {
    const host = parseHostId(name);
    if (host === undefined) throw new Error(`not a host: ${name}`);
    const target = await targetOf(store, host, emptyState(from));
    if (runsSomething(target) || (hosts.linked.has(name) && !hasLeft(target))) targets.push(target);
  }
  return targets;
}

const runsSomething = ({ desired }: Target): boolean => (desired?.state.containers.length ?? 0) > 0;

const hasLeft = ({ desired, observed }: Target): boolean =>
  desired !== undefined &&
  observed !== undefined &&
  observed.mode === 'run' &&
  observed.outcome === 'done' &&
  observed.generation === desired.generation;

/** It is not yet written down that the host must run exactly this. */
export function differs({ state, desired }: Target): boolean {
  if (desired === undefined) return true;
  return desired.mode !== 'run' || JSON.stringify(desired.state) !== JSON.stringify(state);
}
