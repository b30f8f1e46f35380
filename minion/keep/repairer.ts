// Holds one environment true: whatever changed behind the minion's back is put right, service by
// service, each at its own pace when it does not last.
//
// Long because a repair touches everything: what changed, what to do, when, and whom to tell.

import type { Logger } from 'pino';
import type { Desire, Drift, HostFailure } from '../../protocol/messages.ts';
import { Fault } from '../../states/faults.ts';
import { groupBy } from '../../states/group-by.ts';
import type { HostState } from '../../states/model.ts';
import type { Observed } from '../../states/observed.ts';
import { plan } from '../../states/plan.ts';
import type { Step } from '../../states/step.ts';
import {
  afterRepair,
  afterTelling,
  isToTell,
  noRepairs,
  repairInMs,
  type Repairs,
} from './backoff.ts';
import { look, misnamed, ofProblem, type Tools } from '../reconcile/converge.ts';
import { Failed, failure, failuresIn, isDockerDown, withTraces } from '../reconcile/evidence.ts';
import { perform } from '../reconcile/perform.ts';
import { isOfService, loopingIn, namesOf, serviceOf, type Place } from './places.ts';
import { Tally } from '../reconcile/tally.ts';

export interface Held {
  readonly desire: Desire;
  /** Services that stay as they are. */
  readonly leave: ReadonlySet<string>;
}

/** Something that somebody else did to a container. */
export interface Changed {
  readonly service: string;
  readonly container: string;
  readonly what: string;
}

export interface RepairerOptions extends Tools {
  readonly log: Logger;
  /** Undefined where nothing is to be held true. */
  readonly held: () => Held | undefined;
  readonly onDrift: (drift: Omit<Drift, 'environment' | 'generation' | 'at'>) => Promise<void>;
}

/** The Engine tells the end of a container before its own restart policy has had its say. */
const settleMs = 300;
/** How often is looked at what the Engine itself keeps starting again. */
const lookAgainMs = 5_000;
const lookSoonMs = 1_000;
const loopRestartsMin = 3;

export class Repairer {
  readonly #options: RepairerOptions;
  readonly #repairs = new Map<string, Repairs>();
  readonly #active = new Map<string, Promise<void>>();
  #changes = new Map<string, Changed>();
  /** Seen to end while it was only waited for. */
  readonly #ended = new Map<string, Changed>();
  #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;
  #resting = true;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: RepairerOptions) {
    this.#options = options;
  }

  /** Looks soon, and puts right what is wrong. */
  poke(changed?: Changed, inMs = settleMs): void {
    if (this.#resting) return;
    if (changed !== undefined && !this.#active.has(changed.service)) {
      this.#changes.set(changed.service, changed);
    }
    const dueAt = this.#options.world.now() + inMs;
    if (dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#dueAt = Infinity;
      this.#looking = this.#looking.then(() => this.#look(this.#stop.signal));
    }, inMs);
  }

  /** Breaks off what is going on; resolves when it has come to a safe point. */
  async rest(): Promise<void> {
    this.#resting = true;
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
    this.#stop.abort();
    await this.#looking;
    await Promise.all(this.#active.values());
    this.#changes.clear();
  }

  /** A new state is held: what was hard to keep before may be easy now. */
  begin(inMs = settleMs): void {
    this.#stop = new AbortController();
    this.#resting = false;
    this.#repairs.clear();
    this.poke(undefined, inMs);
  }

  async #look(signal: AbortSignal): Promise<void> {
    const held = this.#options.held();
    if (held === undefined || signal.aborted) return;
    try {
      await this.#putRight(held, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Fault)) throw error;
      if (!isDockerDown(error))
        this.#options.log.warn({ err: error }, 'the host cannot be looked at');
      // Sooner where who follows the Engine's events sees it come back.
      this.poke(undefined, lookAgainMs);
    }
  }

  async #putRight(held: Held, signal: AbortSignal): Promise<void> {
    const { state } = held.desire;
    const changes = this.#changes;
    this.#changes = new Map();
    const observed = await look(this.#options, state);
    signal.throwIfAborted();
    await this.#nameRight(state, observed);
    const { steps, problems } = plan(state, observed);
    const places = groupBy(steps.filter(isOfService), serviceOf);
    const general = steps.filter((step) => !isOfService(step));
    // Only an image or the like is missing, and everything runs: anyone's repair will do.
    const [any] = state.containers;
    if (general.length > 0 && places.size === 0 && any !== undefined) places.set(any.service, []);
    const looping = loopingIn(state, observed);
    for (const [service, own] of places) {
      if (held.leave.has(service) || this.#active.has(service)) continue;
      const loops = looping.get(service);
      if (loops !== undefined) {
        await this.#leaveToDocker(loops, state, changes.get(service));
        continue;
      }
      const waitMs = repairInMs(this.#repairsOf(service), this.#options.world.now());
      if (waitMs > 0) {
        this.poke(changes.get(service), waitMs);
        continue;
      }
      const needed = problems.filter((problem) => problem.service === service);
      const why = needed.map((problem) => ofProblem(problem, state));
      const changed = changes.get(service);
      const what = changed?.what ?? [...own, ...general][0]?.reason ?? 'changed';
      const all = [...general, ...own];
      const known = changed !== undefined;
      this.#begin({ service, what, known, held, observed, signal, why, steps: all });
    }
    await this.#tellHealed(changes, places, held);
  }

  /** Its container runs again before anything was done: the Engine's own restart policy did it. */
  async #tellHealed(
    changes: ReadonlyMap<string, Changed>,
    places: ReadonlyMap<string, unknown>,
    { desire, leave }: Held,
  ): Promise<void> {
    for (const [service, { what, container }] of changes) {
      const wanted = namesOf(desire.state, service);
      if (places.has(service) || this.#active.has(service) || leave.has(service)) continue;
      if (!wanted.includes(container)) continue;
      await this.#tell(service, { container, what: `${what}; it runs again`, action: 'repaired' });
    }
  }

  /** The Engine is about to start it again: that is its affair, and news only when it goes on so. */
  async #leaveToDocker(
    { service, container }: Place,
    state: HostState,
    changed: Changed | undefined,
  ): Promise<void> {
    const { engine } = this.#options;
    const detail = await engine.inspect(container);
    if (detail === undefined || detail.restarts < loopRestartsMin) {
      this.poke(changed, lookSoonMs);
      return;
    }
    this.poke(undefined, lookAgainMs);
    const spec = state.containers.find((each) => each.service === service);
    const about = { phase: 'healthy', container, service, ...(spec && { spec }) } as const;
    const bare = failure('CONTAINER_EXITED', 'it ends again and again', about);
    const seen = await withTraces(engine, bare, undefined);
    const what = 'it ends again and again; Docker goes on starting it';
    await this.#tell(service, { container, what, action: 'repairing', failure: seen });
  }

  /** A name that somebody changed is given back without touching what runs. */
  async #nameRight(state: HostState, observed: Observed): Promise<void> {
    for (const [is, should] of misnamed(state, observed)) {
      await this.#options.engine.rename(is, should);
      const found = observed.containers.find(({ name }) => name === is);
      if (found === undefined) continue;
      const what = `it was renamed to ${is}`;
      await this.#tell(found.service, { container: should, what, action: 'repaired' });
      this.poke();
    }
  }

  #begin(repair: Repair): void {
    const done = this.#repair(repair).finally(() => {
      this.#active.delete(repair.service);
      if (!repair.signal.aborted) this.poke(this.#ended.get(repair.service));
      this.#ended.delete(repair.service);
    });
    this.#active.set(repair.service, done);
  }

  async #repair(repair: Repair): Promise<void> {
    const { service, held, observed, signal, steps } = repair;
    const { state } = held.desire;
    const container = namesOf(state, service)[0] ?? service;
    const before = this.#neededBy(service, state);
    const failed = await attempt(async () => {
      await before;
      signal.throwIfAborted();
      if (repair.why.length > 0) throw new Failed(repair.why);
      const tally = new Tally();
      await perform(steps, { ...this.#options, state, observed, signal, tally, tell: nobody });
    });
    if (signal.aborted) return;
    if (failed === 'later') {
      this.poke(undefined, lookAgainMs);
      return;
    }
    const waited = steps.every((step) => step.do === 'await-healthy');
    // It ended while it was only waited for: now there is something to put right.
    if (failed !== undefined && waited && failed.code !== 'CONTAINER_UNHEALTHY') {
      this.#ended.set(service, {
        service,
        container,
        what: repair.known ? repair.what : failed.message,
      });
      return;
    }
    // It had just started, and nothing is known to have been wrong.
    if (failed === undefined && waited && !repair.known) return;
    const what = failed === undefined && waited ? `${repair.what}; it runs again` : repair.what;
    const told = { container, what };
    await (failed === undefined
      ? this.#tell(service, { ...told, action: 'repaired' })
      : this.#tell(service, { ...told, action: 'failed', failure: failed }));
  }

  /** Repairs of what it needs that are going on; they began before, so nobody waits in a circle. */
  async #neededBy(service: string, state: HostState): Promise<void> {
    const own = state.containers.filter((spec) => spec.service === service);
    const needed = own.flatMap(({ needs }) => needs.map((each) => this.#active.get(each)));
    await Promise.all(needed.filter((each) => each !== undefined));
  }

  async #tell(
    service: string,
    drift: Pick<Drift, 'container' | 'what' | 'action' | 'failure'>,
  ): Promise<void> {
    const now = this.#options.world.now();
    const repairs = afterRepair(this.#repairsOf(service), now);
    this.#repairs.set(service, repairs);
    if (!isToTell(repairs, drift.action, now)) return;
    this.#repairs.set(service, afterTelling(repairs, drift.action, now));
    await this.#options.onDrift({ ...drift, service });
  }

  #repairsOf(service: string): Repairs {
    return this.#repairs.get(service) ?? noRepairs;
  }
}

interface Repair {
  readonly service: string;
  readonly what: string;
  /** Whether somebody was seen changing it. */
  readonly known: boolean;
  readonly held: Held;
  readonly observed: Observed;
  readonly signal: AbortSignal;
  readonly steps: readonly Step[];
  /** Why it cannot even be tried. */
  readonly why: readonly HostFailure[];
}

async function attempt(work: () => Promise<void>): Promise<HostFailure | 'later' | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (isDockerDown(error) || isAbort(error)) return 'later';
    return failuresIn(error, { phase: 'begin' })[0];
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';
const nobody = (): void => undefined;
