// What a host runs now, as a report tells it.

import type { Running } from '../../protocol/messages.ts';
import type { ContainerSpec, HostState } from '../../states/model.ts';
import { containerName } from '../../states/naming.ts';
import type { Observed } from '../../states/observed.ts';
import { reference } from '../observe.ts';
import type { Tally } from './tally.ts';

/** Everything of the environment that runs; tags are known of what the states name. */
export function runningOf(
  observed: Observed,
  states: readonly (HostState | undefined)[],
  tally?: Tally,
): Running[] {
  const specs = new Map<string, ContainerSpec>();
  for (const state of states) {
    for (const spec of state?.containers ?? []) {
      if (state !== undefined) specs.set(containerName({ ...state, spec }), spec);
    }
  }
  return observed.containers
    .filter(({ status }) => status === 'running')
    .map((container): Running => {
      const { service, slot, name, release, health } = container;
      const spec = specs.get(name);
      const gapMs = tally?.gapMs(container);
      return {
        ...{ service, slot, container: name, release, health },
        image: spec === undefined ? container.image : reference(spec.image),
        ...(spec === undefined ? {} : { tag: spec.image.tag }),
        ...(gapMs === undefined ? {} : { gapMs }),
      };
    });
}

/** After a change that ended well: all of the state, and healthy, without looking again. */
export const allRunning = (state: HostState, before: Observed, tally: Tally): Running[] =>
  state.containers.map((spec): Running => {
    const container = containerName({ ...state, spec });
    const known = before.containers.find(({ name }) => name === container);
    const gapMs = tally.gapMs(spec);
    return {
      ...{ service: spec.service, slot: spec.slot, container, health: 'healthy' },
      release: known?.release ?? state.release,
      image: reference(spec.image),
      tag: spec.image.tag,
      ...(gapMs === undefined ? {} : { gapMs }),
    };
  });
