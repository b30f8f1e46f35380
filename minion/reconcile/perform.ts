// Takes the steps of a plan, one after the other. Only the wait for lasting health overlaps with the
// steps of services that do not depend on it.

import type { World } from '../../protocol/world.ts';
import type { Progress } from '../../protocol/messages.ts';
import type { HostState } from '../../states/model.ts';
import { labelKeys, labelsOf } from '../../states/naming.ts';
import { firstNetwork } from '../../states/networks.ts';
import type { Observed } from '../../states/observed.ts';
import type { Step } from '../../states/step.ts';
import { awaitHealthy, type Awaiting } from '../health/await-healthy.ts';
import type { Engine } from '../engine/engine.ts';
import { drained } from './drain.ts';
import { Failed, failure, failureOf, withTraces, type Phase, failuresIn } from './evidence.ts';
import type { HealthBook } from '../health/health.ts';
import { inOrder } from './order.ts';
import type { Answer } from '../probe.ts';
import { pullAll } from './pulls.ts';
import { runJob } from './run-job.ts';
import { startPatiently } from './stale-port.ts';
import { startOrRemake } from './stale-task.ts';
import type { Tally } from './tally.ts';

export type Told = Pick<Progress, 'phase' | 'detail' | 'service'>;

export interface Performing {
  readonly engine: Engine;
  readonly world: World;
  readonly health: HealthBook;
  readonly state: HostState;
  readonly observed: Observed;
  readonly tally: Tally;
  /** Fires between two steps' worth of work: no call to the Engine is broken off by it. */
  readonly signal: AbortSignal;
  readonly tell: (told: Told) => void;
  /** Waits for what only a person can put right; without it that fails at once. */
  readonly patient?: true;
  /** Stops old containers without waiting for what they have left to do. */
  readonly hasty?: true;
}

/** Throws Failed, a DOCKER_DOWN fault, or the signal's reason. */
export async function perform(steps: readonly Step[], performing: Performing): Promise<void> {
  const { signal } = performing;
  const stop = new AbortController();
  const waits = new Waits();
  const inner = { ...performing, signal: AbortSignal.any([signal, stop.signal]) };
  try {
    for (const next of inOrder(steps)) {
      signal.throwIfAborted();
      waits.throwIfFailed();
      if (next.do === 'all-healthy') await waits.until('all');
      else if (next.do === 'pull-all') await pullAll(next.images, inner);
      else {
        await waits.until(neededBy(next));
        await take(next, inner, waits);
      }
    }
    await waits.until('all');
  } finally {
    stop.abort();
    await waits.ended();
  }
}

/** Services whose lasting health a step has to wait for. */
const neededBy = (step: Step): readonly string[] =>
  step.do === 'start' || step.do === 'restart' ? step.spec.needs : [];

/** Waits for lasting health that go on beside the steps. */
class Waits {
  readonly #going = new Map<string, Promise<unknown>[]>();
  #failed: { readonly error: unknown } | undefined;

  /** Resolves when it has ended, either way. */
  add(service: string, wait: Promise<unknown>): Promise<unknown> {
    const noted = wait.catch((error: unknown) => {
      this.#failed ??= { error };
    });
    this.#going.set(service, [...(this.#going.get(service) ?? []), noted]);
    return noted;
  }

  async until(services: readonly string[] | 'all'): Promise<void> {
    const asked = services === 'all' ? [...this.#going.keys()] : services;
    await Promise.all(asked.flatMap((service) => this.#going.get(service) ?? []));
    this.throwIfFailed();
  }

  throwIfFailed(): void {
    if (this.#failed !== undefined) throw this.#failed.error;
  }

  async ended(): Promise<void> {
    await Promise.all([...this.#going.values()].flat());
  }
}

async function take(step: Step, performing: Performing, waits: Waits): Promise<void> {
  const { engine, state, tally, tell } = performing;
  const write = (phase: Phase, work: () => Promise<void>): Promise<void> =>
    written(step, phase, performing, work);
  switch (step.do) {
    case 'create-network':
      return write('network', () => engine.createNetwork(step.network, ownLabels(state)));
    case 'create-volume':
      return write('create', () => engine.createVolume(step.volume, ownLabels(state)));
    case 'pull':
      return pullAll([step.image], performing);
    case 'run-job':
      tell({ phase: 'running-job', service: step.service, detail: step.job.name });
      return runJob(step.container, step.job, performing).catch((error: unknown) => {
        const about = { phase: 'job', container: step.container, spec: step.job.spec } as const;
        throw new Failed(failuresIn(error, about));
      });
    case 'create':
      tell({ phase: 'creating', service: step.spec.service, detail: step.container });
      tally.created.add(step.container);
      return write('create', () =>
        engine.create({
          name: step.container,
          spec: step.spec,
          labels: labelsOf(state, step.spec),
          network: firstNetwork(step.spec, state),
        }),
      );
    case 'start':
      tell({ phase: 'starting', service: step.spec.service, detail: step.container });
      tally.starts(step.container);
      return write('start', () => start(step, performing));
    case 'restart':
      tell({ phase: 'starting', service: step.spec.service, detail: step.reason });
      return restart(step, performing);
    case 'stop':
      await drainedFirst(step, performing);
      tell({ phase: 'stopping', service: step.service, detail: step.container });
      tally.stops(step.container, performing.observed, performing.world.now());
      return write('stop', () => engine.stop(step.container, step.timeoutMs));
    case 'remove':
      tell({ phase: 'removing', service: step.service, detail: step.container });
      return write('remove', () => engine.remove(step.container));
    case 'remove-network':
      return write('network', () => engine.removeNetwork(step.network));
    case 'await-healthy':
      return awaitStep(step, performing, waits);
  }
}

/** Not on the way back: what failed is not worth waiting for. */
async function drainedFirst(
  { container, service, drain }: Extract<Step, { readonly do: 'stop' }>,
  performing: Performing,
): Promise<void> {
  if (drain !== undefined && performing.hasty !== true) {
    await drained({ container, service, drain }, performing);
  }
}

const ownLabels = ({ project, environment }: HostState): Record<string, string> => ({
  [labelKeys.project]: project,
  [labelKeys.environment]: environment,
});

type About = Extract<Step, { readonly do: 'await-healthy' | 'restart' }>;

/** Also past what a crash of Docker left in the way. */
const start = (step: Pick<About, 'container' | 'spec'>, performing: Performing): Promise<void> =>
  startPatiently(step, {
    ...performing,
    engine: { start: () => startOrRemake(step, performing) },
  });

/** A paused one goes on where it was; that costs nothing. */
async function restart(step: About, performing: Performing): Promise<void> {
  const { engine, observed, tally, world } = performing;
  const { container, spec } = step;
  const found = observed.containers.find(({ name }) => name === container);
  tally.stops(container, observed, world.now());
  tally.starts(container);
  if (found?.status === 'paused') {
    await written(step, 'start', performing, () => engine.unpause(container));
    return;
  }
  await written(step, 'stop', performing, () => engine.stop(container, spec.stop.timeoutMs));
  await written(step, 'start', performing, () => start(step, performing));
}

/** Resolves when it said yes for the first time; that it goes on to is awaited beside what follows. */
async function awaitStep(step: About, performing: Performing, waits: Waits): Promise<void> {
  const { engine, world, signal, health, state, tally, tell } = performing;
  const { container: name, spec } = step;
  const { service } = spec;
  const watched = { name, spec, network: firstNetwork(spec, state) };
  tell({ phase: 'checking', service, detail: spec.healthcheck.kind });
  const restarts = tally.started.has(name) ? 0 : 'any';
  await new Promise<unknown>((resolve) => {
    const onReady = (): void => {
      tally.ready(spec, name, world.now());
      resolve(undefined);
    };
    const onAnswer = (answer: Answer): void => {
      health.note(state.environment, watched, answer);
    };
    const waiting = { engine, world, signal, onReady, onAnswer };
    const done = awaitHealthy({ ...watched, restarts }, waiting).then(
      async (awaited) => {
        if (!awaited.healthy) throw await unhealthy(awaited, step, performing);
        tell({ phase: 'healthy', service, detail: awaited.words });
      },
      (error: unknown) => {
        // What is no fault of the Engine is thrown on as it is: the signal's reason above all.
        throw new Failed([failureOf(error, { phase: 'healthy', container: name, spec })]);
      },
    );
    void waits.add(service, done).then(resolve);
  });
  waits.throwIfFailed();
}

async function unhealthy(
  { code, message, probe }: Extract<Awaiting, { healthy: false }>,
  { container, spec }: About,
  { engine }: Performing,
): Promise<Failed> {
  const failed = failure(code, message, { phase: 'healthy', container, spec });
  return new Failed([await withTraces(engine, failed, probe)]);
}

/** One call that changes something, counted where it did; its fault becomes a failure. */
async function written(
  step: Step,
  phase: Phase,
  { engine, tally }: Performing,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
    tally.writes += 1;
  } catch (error) {
    const failed = failureOf(error, { phase, ...step });
    throw new Failed([phase === 'start' ? await withTraces(engine, failed, undefined) : failed]);
  }
}
