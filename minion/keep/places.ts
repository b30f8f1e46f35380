// To which service a step belongs, and which container of it should run. Pure.

import type { HostState } from '../../states/model.ts';
import { containerName } from '../../states/naming.ts';
import type { Observed } from '../../states/observed.ts';
import type { Step } from '../../states/step.ts';

type OfService = Exclude<
  Step,
  { readonly do: 'create-network' | 'create-volume' | 'pull' | 'remove-network' }
>;

export const isOfService = (step: Step): step is OfService => 'spec' in step || 'service' in step;
export const serviceOf = (step: OfService): string =>
  'spec' in step ? step.spec.service : step.service;

/** Of the containers that a service should have. */
export const namesOf = (state: HostState, service: string): readonly string[] =>
  state.containers
    .filter((spec) => spec.service === service)
    .map((spec) => containerName({ ...state, spec }));

export interface Place {
  readonly service: string;
  readonly container: string;
}

/** Services whose right container the Engine is about to start again. */
export function loopingIn(state: HostState, { containers }: Observed): ReadonlyMap<string, Place> {
  const right = new Set(state.containers.map((spec) => containerName({ ...state, spec })));
  return new Map(
    containers
      .filter(({ name, status }) => status === 'restarting' && right.has(name))
      .map(({ service, name }) => [service, { service, container: name }]),
  );
}
