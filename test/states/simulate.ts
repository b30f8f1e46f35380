// What a Docker Engine would make of steps: pure, and as strict as it is. A step that the Engine would
// refuse throws.

import { specHash } from '../../states/hash.ts';
import type { ContainerSpec, HostState } from '../../states/model.ts';
import type { Observed, ObservedContainer } from '../../states/observed.ts';
import { hostSide, portsClash } from '../../states/ports.ts';
import type { Step } from '../../states/step.ts';

export const simulate = (observed: Observed, steps: readonly Step[], state: HostState): Observed =>
  steps.reduce((now, step) => perform(now, step, state), observed);

export function perform(observed: Observed, step: Step, state: HostState): Observed {
  switch (step.do) {
    case 'create-network':
      refuse(observed.networks.includes(step.network), step, 'it exists');
      return {
        ...observed,
        networks: [...observed.networks, step.network],
        containers: observed.containers.map(loseNetwork),
      };
    case 'create-volume':
      refuse(observed.volumes.includes(step.volume), step, 'it exists');
      return { ...observed, volumes: [...observed.volumes, step.volume] };
    case 'pull': {
      const reference = `${step.image.repository}@${step.image.digest}`;
      return { ...observed, images: [...observed.images, reference] };
    }
    case 'run-job': {
      const { container, service, job } = step;
      const ended = { running: false, done: true, createdAt: clock(observed) };
      const ran = { container, service, name: job.name, ...ended };
      return { ...observed, jobs: [...(observed.jobs ?? []), ran] };
    }
    case 'create':
      return create(observed, step.container, step.spec, state);
    case 'start':
    case 'restart':
      return start(observed, step, state);
    case 'await-healthy': {
      const container = find(observed, step.container);
      refuse(container.status !== 'running', step, 'it does not run');
      return put(observed, { ...container, health: 'healthy' });
    }
    case 'stop': {
      const container = find(observed, step.container);
      refuse(!isLive(container), step, 'it does not run');
      return put(observed, {
        ...container,
        ...{ status: 'exited', health: 'unknown', hostPorts: [], stoppedAt: clock(observed) },
      });
    }
    case 'remove': {
      const container = find(observed, step.container);
      refuse(isLive(container), step, 'it runs');
      return { ...observed, containers: observed.containers.filter((each) => each !== container) };
    }
    case 'remove-network':
      refuse(!observed.networks.includes(step.network), step, 'there is none');
      refuse(observed.containers.length > 0, step, 'it is used');
      return { ...observed, networks: observed.networks.filter((name) => name !== step.network) };
  }
}

/** One that has run knows its network by id, as seen on Docker 20.10: `network … not found`. */
type Simulated = ObservedContainer & { readonly lostNetwork?: boolean };

const loseNetwork = (container: ObservedContainer): Simulated =>
  container.status === 'exited' ? { ...container, lostNetwork: true } : container;

export const isLive = ({ status }: ObservedContainer): boolean =>
  ['running', 'paused', 'restarting'].includes(status);

function create(observed: Observed, name: string, spec: ContainerSpec, state: HostState): Observed {
  const names = [...observed.containers.map((each) => each.name), ...observed.foreignNames];
  const image = `${spec.image.repository}@${spec.image.digest}`;
  const step = { do: 'create', container: name };
  refuse(names.includes(name), step, 'the name is taken');
  refuse(!observed.images.includes(image), step, 'no such image');
  refuse(!observed.networks.includes(state.network), step, 'no such network');
  for (const { type, source } of spec.mounts) {
    refuse(type === 'volume' && !observed.volumes.includes(source), step, 'no such volume');
  }
  const made: ObservedContainer = {
    ...{ id: `${name} ${clock(observed)}`, name, service: spec.service, slot: spec.slot },
    ...{ spec: specHash(spec, state), release: state.release, image },
    ...{ status: 'created', health: 'unknown', hostPorts: [], createdAt: clock(observed) },
  };
  return { ...observed, containers: [...observed.containers, made] };
}

function start(
  observed: Observed,
  step: Extract<Step, { do: 'start' | 'restart' }>,
  state: HostState,
): Observed {
  const container = find(observed, step.container);
  const { stoppedAt, ...rest } = container;
  void stoppedAt;
  refuse(isLive(container) !== (step.do === 'restart'), step, `it is ${container.status}`);
  refuse(['dead', 'removing'].includes(container.status), step, 'it is dead');
  refuse(!observed.networks.includes(state.network), step, 'no such network');
  refuse((container as Simulated).lostNetwork === true, step, 'its network was removed');
  const hostPorts = step.spec.ports.map(hostSide);
  const others = observed.containers.filter((each) => each !== container);
  for (const held of [...observed.taken, ...others.flatMap((each) => each.hostPorts)]) {
    refuse(
      hostPorts.some((port) => portsClash(port, held)),
      step,
      `port ${held.port} is taken`,
    );
  }
  const running = { ...rest, status: 'running', health: 'starting', hostPorts } as const;
  return {
    ...observed,
    containers: observed.containers.map((each) => (each === container ? running : each)),
  };
}

function find(observed: Observed, name: string): ObservedContainer {
  const found = observed.containers.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

const put = (observed: Observed, container: ObservedContainer): Observed => ({
  ...observed,
  containers: observed.containers.map((each) => (each.name === container.name ? container : each)),
});

const clock = ({ containers }: Observed): number =>
  1 + Math.max(0, ...containers.flatMap(({ createdAt, stoppedAt = 0 }) => [createdAt, stoppedAt]));

function refuse(
  when: boolean,
  step: { readonly do: string; readonly container?: string },
  why: string,
): void {
  if (when) throw new Error(`${step.do} ${step.container ?? ''}: ${why}`);
}
