// From what is to what should be: observe, plan, perform. Whatever the Engine does meanwhile, it is
// waited for, and then everything is looked at anew.

import type { World } from '../../protocol/world.ts';
import type { HostFailure } from '../../protocol/messages.ts';
import type { HostState } from '../../states/model.ts';
import { containerName } from '../../states/naming.ts';
import { specHash } from '../../states/hash.ts';
import { firstNetwork } from '../../states/networks.ts';
import type { Observed } from '../../states/observed.ts';
import { plan } from '../../states/plan.ts';
import type { PlanProblem } from '../../states/step.ts';
import { backoffMs } from '../keep/backoff.ts';
import type { Engine } from '../engine/engine.ts';
import { Failed, failure, isDockerDown } from './evidence.ts';
import type { HealthBook } from '../health/health.ts';
import { observe } from '../observe.ts';
import { refusalsOf, type HostPolicy } from '../policy.ts';
import { perform, type Told } from './perform.ts';
import type { Tally } from './tally.ts';

export interface Tools {
  readonly engine: Engine;
  readonly world: World;
  readonly health: HealthBook;
  /** Of this host; what it does not allow is a problem of every plan. */
  readonly policy: HostPolicy;
}

export interface Change extends Tools {
  readonly state: HostState;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly tell: (told: Told) => void;
  readonly hasty?: true;
  /** The first look at the host, before anything was done. */
  readonly onBefore?: (observed: Observed) => void;
}

/** Resolves when the host is as the state wants it. Throws Failed, or the signal's reason. */
export async function converge(change: Change): Promise<Observed> {
  return untilDockerAnswers(change, async () => {
    const observed = await putNamesRight(change, await look(change, change.state));
    change.onBefore?.(observed);
    const { steps, problems } = plan(change.state, observed);
    if (problems.length > 0)
      throw new Failed(problems.map((each) => ofProblem(each, change.state)));
    await perform(steps, { ...change, observed, patient: true });
    return observed;
  });
}

/** The host with the health of what it should run, and what of it the host itself forbids. */
export async function look({ engine, health, policy }: Tools, state: HostState): Promise<Observed> {
  const wanted = new Map(
    state.containers.map((spec) => {
      const name = containerName({ ...state, spec });
      return [name, { name, spec, network: firstNetwork(spec, state) }];
    }),
  );
  const forbidden = await refusalsOf(specsOf(state), policy);
  const observed = await observe(engine, state, (container) =>
    health.of(container, wanted.get(container.name)),
  );
  return forbidden.length === 0 ? observed : { ...observed, forbidden };
}

const specsOf = ({ containers, jobs = [] }: HostState) => [
  ...containers,
  ...jobs.map(({ spec }) => spec),
];

const again = { minMs: 100, maxMs: 5_000 };

/** Begins the work anew, from the first look on, whenever the Engine went away in the middle. */
export async function untilDockerAnswers<T>(
  { world, signal, tell }: Pick<Change, 'world' | 'signal' | 'tell'>,
  work: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!isDockerDown(error)) throw error;
      tell({ phase: 'waiting', detail: error instanceof Error ? error.message : 'Docker is away' });
      await world.sleep(backoffMs(tries, world.random(), again), signal);
    }
  }
}

/** One that somebody renamed gets its name back; making it anew would interrupt it for nothing. */
async function putNamesRight(change: Change, observed: Observed): Promise<Observed> {
  const wrong = misnamed(change.state, observed);
  for (const [is, should] of wrong) {
    await change.engine.rename(is, should);
    change.tally.writes += 1;
  }
  return wrong.size === 0 ? observed : look(change, change.state);
}

/** Present name → right name, of those that were made for this state and are not called so. */
export function misnamed(state: HostState, observed: Observed): ReadonlyMap<string, string> {
  const names = new Set([...observed.containers.map(({ name }) => name), ...observed.foreignNames]);
  const wrong = new Map<string, string>();
  for (const spec of state.containers) {
    const should = containerName({ ...state, spec });
    const hash = specHash(spec, state);
    const found = observed.containers.find(
      (each) => each.spec === hash && each.status === 'running',
    );
    if (found !== undefined && !names.has(should)) wrong.set(found.name, should);
  }
  return wrong;
}

export function ofProblem({ code, service, message }: PlanProblem, state: HostState): HostFailure {
  const spec = state.containers.find((each) => each.service === service);
  return failure(code, message, {
    phase: 'create',
    service,
    ...(spec === undefined ? {} : { spec }),
  });
}
