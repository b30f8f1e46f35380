// One (service, slot) of the desired state beside what the host has of it, and what is to be done.

import { groupBy } from '../group-by.ts';
import { specHash } from '../hash.ts';
import type { ContainerSpec, HostState } from '../model.ts';
import { containerName } from '../naming.ts';
import type { Observed, ObservedContainer } from '../observed.ts';

export interface Slot {
  readonly spec: ContainerSpec;
  /** The name of the container that should run, which says by its hash what it is made from. */
  readonly name: string;
  readonly todo: 'nothing' | 'await' | 'restart' | 'start' | 'create';
  /** The container that should run, where it is there and can. */
  readonly own: ObservedContainer | undefined;
  /** Has the name but cannot be used: goes before the right one is made. */
  readonly unusable: ObservedContainer | undefined;
  /** Others of the slot that hold on to ports or may take them, newest first; to be stopped. */
  readonly old: readonly ObservedContainer[];
  /** Others that have run and do not, the latest first; one of them is what a rollback starts. */
  readonly predecessors: readonly ObservedContainer[];
  /** Others that never ran or never will. */
  readonly waste: readonly ObservedContainer[];
}

export interface Sorted {
  /** In the order of the desired state. */
  readonly slots: readonly Slot[];
  /** Containers of slots that are no longer wanted, by service and slot, what is live first. */
  readonly gone: readonly ObservedContainer[];
  /**
   * Stopped ones whose network was removed. Docker has them know it by its id, so they cannot start in
   * a new one of the same name. They must go before that is made, or nobody could tell them any more.
   */
  readonly lost: readonly ObservedContainer[];
}

/** Every observed container falls to one slot, or is gone, or lost. */
export function sortContainers(desired: HostState, observed: Observed): Sorted {
  const there = new Set(observed.networks);
  const isLost = ({ status, networks = [desired.network] }: ObservedContainer): boolean =>
    status === 'exited' &&
    desired.containers.length > 0 &&
    !networks.every((each) => there.has(each));
  const found = observed.containers.filter((container) => !isLost(container));
  const named = new Map(found.map((container) => [container.name, container]));
  const wanted = desired.containers.map((spec) => {
    const name = containerName({ ...desired, spec });
    return { spec, name, holder: named.get(name) };
  });
  const holders = new Set(wanted.map(({ holder }) => holder));
  const others = groupBy(
    found.filter((container) => !holders.has(container)),
    placeOf,
  );
  const slots = wanted.map(({ spec, name, holder }) => {
    const rest = others.get(placeOf(spec)) ?? [];
    others.delete(placeOf(spec));
    const usable = holder?.spec === specHash(spec, desired) && canServe(holder);
    return slotOf({ spec, name, rest, ...(usable ? { own: holder } : { unusable: holder }) });
  });
  const gone = [...others.values()].flat().sort(byPlace);
  return { slots, gone, lost: observed.containers.filter(isLost) };
}

const placeOf = ({ service, slot }: { readonly service: string; readonly slot: number }): string =>
  `${service} ${slot}`;

/** Running, or trying to: it holds its ports or may take them at any moment. */
export const isLive = ({ status }: ObservedContainer): boolean =>
  status === 'running' || status === 'paused' || status === 'restarting';

const canServe = ({ status, detached }: ObservedContainer): boolean =>
  status !== 'dead' && status !== 'removing' && detached !== true;

interface Found {
  readonly spec: ContainerSpec;
  readonly name: string;
  readonly rest: readonly ObservedContainer[];
  readonly own?: ObservedContainer | undefined;
  readonly unusable?: ObservedContainer | undefined;
}

const slotOf = ({ spec, name, rest, own, unusable }: Found): Slot => ({
  spec,
  name,
  todo: todoFor(own),
  own,
  unusable,
  old: rest.filter(isLive).sort(latestFirst),
  predecessors: rest.filter(({ status }) => status === 'exited').sort(latestFirst),
  waste: rest.filter((container) => !isLive(container) && container.status !== 'exited'),
});

function todoFor(own: ObservedContainer | undefined): Slot['todo'] {
  switch (own?.status) {
    case 'created':
    case 'exited':
      return 'start';
    case 'paused':
    case 'restarting':
      return 'restart';
    case 'running':
      if (own.health === 'healthy') return 'nothing';
      return own.health === 'unhealthy' ? 'restart' : 'await';
    case 'removing':
    case 'dead':
    case undefined:
      return 'create';
  }
}

const latestFirst = (one: ObservedContainer, other: ObservedContainer): number =>
  (other.stoppedAt ?? other.createdAt) - (one.stoppedAt ?? one.createdAt) ||
  other.createdAt - one.createdAt ||
  (one.name < other.name ? -1 : 1);

const byPlace = (one: ObservedContainer, other: ObservedContainer): number =>
  Number(one.service > other.service) - Number(one.service < other.service) ||
  one.slot - other.slot ||
  Number(isLive(other)) - Number(isLive(one)) ||
  latestFirst(one, other);
