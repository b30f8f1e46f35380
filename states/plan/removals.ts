// What goes when everything that is wanted is healthy: services no longer wanted, and of the others
// what going back does not need.

import type { HostState } from '../model.ts';
import type { Observed, ObservedContainer } from '../observed.ts';
import type { Step, Switch } from '../step.ts';
import { graceOf, remove, stop } from './acts.ts';
import { unwanted, whyBeyond, whyWaste } from './reasons.ts';
import { isLive, type Slot } from './slots.ts';

export const removeGone = (
  gone: readonly ObservedContainer[],
  stopped: ReadonlySet<ObservedContainer>,
): Step[] =>
  gone.flatMap((container) => [
    ...(isLive(container) && !stopped.has(container)
      ? [stop(container, graceOf(container), unwanted)]
      : []),
    remove(container, unwanted),
  ]);

/** One for each slot of which something ran. */
export function removalSwitches(gone: readonly ObservedContainer[]): Switch[] {
  const places = new Map(
    gone.filter(isLive).map(({ service, slot }) => [`${service} ${slot}`, { service, slot }]),
  );
  return [...places.values()].map((place) => ({ ...place, order: 'removal', gapMs: 0 }));
}

/** What was stopped just now is the latest of the predecessors, and never goes before another. */
export function tidy({ spec, old, predecessors, waste }: Slot): Step[] {
  const beyond = [...old, ...predecessors].slice(spec.retain).reverse();
  return [
    ...waste.map((container) => remove(container, whyWaste(container))),
    ...beyond.map((container) => remove(container, whyBeyond(spec.retain))),
  ];
}

export function removeNetwork(desired: HostState, observed: Observed): Step[] {
  const { network } = desired;
  if (desired.containers.length > 0 || !observed.networks.includes(network)) return [];
  return [{ do: 'remove-network', network, reason: 'nothing is left in it' }];
}
