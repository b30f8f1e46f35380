// The difference between what a host should run for an environment and what it does, as steps that
// are taken one after the other. Pure: `master plan` shows it, the minion performs it.

import type { ContainerSpec, HostState, PinnedImage } from './model.ts';
import { networksOf } from './networks.ts';
import type { Observed } from './observed.ts';
import { remove, stop } from './plan/acts.ts';
import { removeJobs } from './plan/jobs.ts';
import { inNeedsOrder } from './plan/order.ts';
import { problemsOf } from './plan/problems.ts';
import { whyCreate, whyLost, whyUnusable } from './plan/reasons.ts';
import { removalSwitches, removeGone, removeNetwork, tidy } from './plan/removals.ts';
import { isLive, sortContainers, type Slot } from './plan/slots.ts';
import { switchAll } from './plan/switches.ts';
import type { Plan, Step } from './step.ts';

/**
 * Until every wanted container is healthy, nothing is removed that could run: whoever stops half-way
 * can start what ran before. `problems` are found beforehand; with any, no step should be taken.
 */
export function plan(desired: HostState, observed: Observed): Plan {
  const sorted = sortContainers(desired, observed);
  const slots = inNeedsOrder(sorted.slots);
  const switched = switchAll(slots, sorted.gone);
  return {
    steps: [
      ...sorted.lost.map((container) => remove(container, whyLost)),
      ...surroundings(desired, observed),
      ...pulls(slots, observed),
      ...slots.flatMap(creation),
      ...switched.steps,
      ...removeGone(sorted.gone, switched.stopped),
      ...slots.flatMap(tidy),
      ...removeJobs(desired, observed),
      ...removeNetwork(desired, observed),
    ],
    switches: [...switched.switches, ...removalSwitches(sorted.gone)],
    problems: problemsOf(slots, observed),
  };
}

const missing = 'not there yet';

function surroundings(desired: HostState, observed: Observed): Step[] {
  const { containers } = desired;
  const networks = new Set(containers.flatMap((spec) => networksOf(spec, desired)));
  for (const network of observed.networks) networks.delete(network);
  const volumes = new Set(containers.flatMap(volumesOf));
  for (const volume of observed.volumes) volumes.delete(volume);
  return [
    ...[...networks].map(
      (network) => ({ do: 'create-network', network, reason: missing }) as const,
    ),
    ...[...volumes].map((volume) => ({ do: 'create-volume', volume, reason: missing }) as const),
  ];
}

const volumesOf = ({ mounts }: ContainerSpec): readonly string[] =>
  mounts.filter(({ type }) => type === 'volume').map(({ source }) => source);

function pulls(slots: readonly Slot[], observed: Observed): Step[] {
  const needed = new Map<string, PinnedImage>();
  for (const { spec } of slots) {
    needed.set(`${spec.image.repository}@${spec.image.digest}`, spec.image);
  }
  for (const image of observed.images) needed.delete(image);
  return [...needed.values()].map((image) => ({
    do: 'pull',
    image,
    reason: 'not on this host yet',
  }));
}

function creation(slot: Slot): Step[] {
  const { todo, name: container, spec, unusable } = slot;
  if (todo !== 'create') return [];
  const create: Step = { do: 'create', container, spec, reason: whyCreate(slot) };
  if (unusable === undefined) return [create];
  const why = whyUnusable(unusable);
  const before = isLive(unusable) ? [stop(unusable, spec.stop.timeoutMs, why)] : [];
  return [...before, remove(unusable, why), create];
}
