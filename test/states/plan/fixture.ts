// Hosts and plans in few words, for the tests of the plan.

import { specHash } from '../../../states/hash.ts';
import type { ContainerSpec, HostState } from '../../../states/model.ts';
import { containerName } from '../../../states/naming.ts';
import type { Observed, ObservedContainer } from '../../../states/observed.ts';
import { plan } from '../../../states/plan.ts';
import { hostSide } from '../../../states/ports.ts';
import type { Step } from '../../../states/step.ts';
import { image, port, service, spec, state } from '../fixture.ts';

export const nothing: Observed = {
  ...{ containers: [], networks: [], volumes: [], images: [], taken: [], foreignNames: [] },
};

const around = state();
export const nameOf = (one: ContainerSpec): string => containerName({ ...around, spec: one });

/** A healthy container made from the spec. */
export function made(one: ContainerSpec, more: Partial<ObservedContainer> = {}): ObservedContainer {
  const status = more.status ?? 'running';
  const live = ['running', 'paused', 'restarting'].includes(status);
  return {
    ...{ id: nameOf(one), name: nameOf(one), service: one.service, slot: one.slot },
    ...{ spec: specHash(one, around), release: '7f3a9c2d', status },
    health: live ? 'healthy' : 'unknown',
    image: `${one.image.repository}@${one.image.digest}`,
    hostPorts: live ? one.ports.map(hostSide) : [],
    createdAt: 1,
    ...more,
  };
}

export const host = (...containers: readonly ObservedContainer[]): Observed => ({
  ...nothing,
  containers,
  networks: ['starfall-beta', 'bridge'],
  images: containers.map((container) => container.image),
});

const names = new Map<string, string>();
/** A spec whose container is called `as` in the lines below. */
export function called(as: string, one: ContainerSpec): ContainerSpec {
  names.set(nameOf(one), as);
  return one;
}

export const v1 = called('api-1', spec({ ports: [port(80)] }));
export const v2 = called('api-2', spec({ ports: [port(80)], image: image('api', 2) }));
export const v3 = called('api-3', spec({ ports: [port(80)], image: image('api', 3) }));
export const free1 = called('free-1', spec({ service: service('free') }));
export const free2 = called('free-2', spec({ service: service('free'), image: image('api', 2) }));

export const line = (step: Step): string => {
  const subject =
    step.do === 'create-network' || step.do === 'remove-network'
      ? step.network
      : step.do === 'create-volume'
        ? step.volume
        : step.do === 'pull'
          ? `${step.image.name} ${step.image.tag}`
          : (names.get(step.container) ?? step.container);
  return `${step.do} ${subject}: ${step.reason}`;
};
export const lines = (desired: HostState, observed: Observed): readonly string[] =>
  plan(desired, observed).steps.map(line);
