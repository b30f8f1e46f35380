// What the properties of plans are said in.

import fc from 'fast-check';
import { specHash } from '../../../states/hash.ts';
import type { ContainerSpec, HostState } from '../../../states/model.ts';
import { containerName } from '../../../states/naming.ts';
import type { Observed, ObservedContainer } from '../../../states/observed.ts';
import { plan } from '../../../states/plan.ts';
import { hostSide } from '../../../states/ports.ts';
import type { Step } from '../../../states/step.ts';
import { isLive } from '../simulate.ts';
import { anyCase } from './arbitrary.ts';

type Case = { readonly desired: HostState; readonly observed: Observed };

/** Holds for any state on any host where no stranger is in the way. */
export const always = (holds: (each: Case) => void, numRuns = 400): void =>
  fc.assert(
    fc.property(anyCase, (each) => {
      fc.pre(plan(each.desired, each.observed).problems.length === 0);
      holds(each);
    }),
    { numRuns },
  );

/** Stopped, and in a network that is still there where it has ever been in one. */
export const canStart = ({ status }: ObservedContainer, { desired, observed }: Case): boolean =>
  status === 'created' || (status === 'exited' && observed.networks.includes(desired.network));

export const inSlot = (spec: ContainerSpec, observed: Observed): readonly ObservedContainer[] =>
  observed.containers.filter(({ service, slot }) => service === spec.service && slot === spec.slot);

/** Said independently of the plan: what keeps the host from being as the state wants it. */
export function outOfSync(desired: HostState, observed: Observed): readonly string[] {
  const wanted = desired.containers.flatMap((spec) => inSlot(spec, observed));
  return [
    ...desired.containers.flatMap((spec) => slotOutOfSync(spec, desired, observed)),
    ...(wanted.length === observed.containers.length ? [] : ['more than is wanted']),
    ...(observed.networks.includes(desired.network) === desired.containers.length > 0
      ? []
      : ['the network']),
  ];
}

function slotOutOfSync(
  spec: ContainerSpec,
  desired: HostState,
  observed: Observed,
): readonly string[] {
  const all = inSlot(spec, observed);
  const [own, ...more] = all.filter(isLive);
  const rest = all.filter((container) => !isLive(container));
  const checks: Record<string, boolean> = {
    'one that runs': own?.status === 'running' && own.health === 'healthy' && more.length === 0,
    'its name': own?.name === containerName({ ...desired, spec }),
    'its hash': own?.spec === specHash(spec, desired),
    'its ports': JSON.stringify(own?.hostPorts) === JSON.stringify(spec.ports.map(hostSide)),
    'predecessors that ran': rest.every(({ status }) => status === 'exited'),
    'no more than are kept': rest.length <= spec.retain,
    'its image': observed.images.includes(`${spec.image.repository}@${spec.image.digest}`),
  };
  const failed = Object.keys(checks).filter((what) => checks[what] === false);
  return failed.map((what) => `${spec.service} ${spec.slot}: ${what}`);
}

export const ended = (steps: readonly Step[], what: Step['do']): readonly string[] =>
  steps.flatMap((step) => (step.do === what && 'container' in step ? [step.container] : []));

/** One that has the right name and wrong labels is made anew whatever it costs. */
export const isFaked = (spec: ContainerSpec, { desired, observed }: Case): boolean => {
  const name = containerName({ ...desired, spec });
  const holder = observed.containers.find((container) => container.name === name);
  return holder !== undefined && holder.spec !== specHash(spec, desired);
};
