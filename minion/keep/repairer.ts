// Holds one environment true: whatever changed behind the minion's back is put right, service by
// service, each at its own pace when it does not last.
//
// Long because what changed, what to do about it, when, and whom to tell are decided together.

import type { Logger } from 'pino';
import type { Desire, Drift } from '../../protocol/messages.ts';
import { Fault } from '../../states/faults.ts';
import { groupBy } from '../../states/group-by.ts';
import type { HostState } from '../../states/model.ts';
import type { Observed } from '../../states/observed.ts';
import { plan } from '../../states/plan.ts';
import {
  afterRepair,
  afterTelling,
  isToTell,
  noRepairs,
  repairInMs,
  type Repairs,
} from './backoff.ts';
import { look, misnamed, ofProblem, type Tools } from '../reconcile/converge.ts';
import { failure, isDockerDown, withTraces } from '../reconcile/evidence.ts';
import { isOfService, loopingIn, namesOf, serviceOf, type Place } from './places.ts';
import { repair, type Outcome, type Repair } from './repair.ts';

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

export type Drifted = Pick<Drift, 'service' | 'container' | 'what' | 'action' | 'failure'>;

interface RepairerOptions extends Tools {
  readonly log: Logger;
  /** Undefined where nothing is to be held true. */
  readonly held: () => Held | undefined;
  /** Against what was desired. */
  readonly onDrift: (desire: Desire, drift: Drifted) => Promise<void>;
}

type Changes = Map<string, Changed>;

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
  #changes: Changes = new Map();
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
    const changes = this.#changes;
    this.#changes = new Map();
    try {
      await this.#putRight(held, changes, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Fault)) throw error;
      if (!isDockerDown(error))
        this.#options.log.warn({ err: error }, 'the host cannot be looked at');
      // What nothing came of is still to be told; of what came since, the newer counts.
      this.#changes = new Map([...changes, ...this.#changes]);
      // Sooner where who follows the Engine's events sees it come back.
      this.poke(undefined, lookAgainMs);
    }
  }

  /** Takes out of the changes what has been seen to. */
  async #putRight(held: Held, changes: Changes, signal: AbortSignal): Promise<void> {
    const { state } = held.desire;
    const observed = await look(this.#options, state);
    signal.throwIfAborted();
    await this.#nameRight(held, observed);
    // Jobs are no part of holding a state true: one that is seen may be that of the release to come.
    const { steps, problems } = plan(state, { ...observed, jobs: [] });
    const places = groupBy(steps.filter(isOfService), serviceOf);
    const general = steps.filter((step) => !isOfService(step));
    // Only an image or the like is missing, and everything runs: anyone's repair will do.
    const [any] = state.containers;
    if (general.length > 0 && places.size === 0 && any !== undefined) places.set(any.service, []);
    const looping = loopingIn(state, observed);
    for (const [service, own] of places) {
      if (held.leave.has(service) || this.#active.has(service)) continue;
      const changed = changes.get(service);
      const loops = looping.get(service);
      if (loops !== undefined) {
        await this.#leaveToDocker(held, loops, changed);
        continue;
      }
      const waitMs = repairInMs(this.#repairsOf(service), this.#options.world.now());
      if (waitMs > 0) {
        this.poke(changed, waitMs);
        continue;
      }
      const all = [...general, ...own];
      const why = problems.filter((each) => each.service === service);
      changes.delete(service);
      this.#begin(held, service, {
        ...{ state, observed, signal, steps: all, known: changed !== undefined },
        what: changed?.what ?? [...own, ...general][0]?.reason ?? 'changed',
        why: why.map((each) => ofProblem(each, state)),
      });
    }
    await this.#tellHealed(held, changes, places);
  }

  /** Its container runs again before anything was done: the Engine's own restart policy did it. */
  async #tellHealed(
    held: Held,
    changes: Changes,
    places: ReadonlyMap<string, unknown>,
  ): Promise<void> {
    const { desire, leave } = held;
    for (const [service, { what, container }] of changes) {
      const wanted = namesOf(desire.state, service);
      if (places.has(service) || this.#active.has(service) || leave.has(service)) continue;
      if (!wanted.includes(container)) continue;
      const healed = { service, container, what: `${what}; it runs again` };
      await this.#tell(held, { ...healed, action: 'repaired' });
      changes.delete(service);
    }
  }

  /** The Engine is about to start it again: that is its affair, and news only when it goes on so. */
  async #leaveToDocker(
    held: Held,
    { service, container }: Place,
    changed: Changed | undefined,
  ): Promise<void> {
    const { engine } = this.#options;
    const detail = await engine.inspect(container);
    if (detail === undefined || detail.restarts < loopRestartsMin) {
      this.poke(changed, lookSoonMs);
      return;
    }
    this.poke(undefined, lookAgainMs);
    const spec = held.desire.state.containers.find((each) => each.service === service);
    const about = { phase: 'healthy', container, service, ...(spec && { spec }) } as const;
    const bare = failure('CONTAINER_EXITED', 'it ends again and again', about);
    const seen = await withTraces(engine, bare, undefined);
    const what = 'it ends again and again; Docker goes on starting it';
    await this.#tell(held, { service, container, what, action: 'repairing', failure: seen });
  }

  /** A name that somebody changed is given back without touching what runs. */
  async #nameRight(held: Held, observed: Observed): Promise<void> {
    for (const [is, should] of misnamed(held.desire.state, observed)) {
      await this.#options.engine.rename(is, should);
      const found = observed.containers.find(({ name }) => name === is);
      if (found === undefined) continue;
      const { service } = found;
      const what = `it was renamed to ${is}`;
      await this.#tell(held, { service, container: should, what, action: 'repaired' });
      this.poke();
    }
  }

  #begin(held: Held, service: string, wanted: Repair): void {
    const before = this.#neededBy(service, wanted.state);
    const done = repair(wanted, this.#options, before)
      .then(async (outcome) => {
        if (!wanted.signal.aborted) await this.#take(held, service, outcome);
      })
      .finally(() => {
        this.#active.delete(service);
        if (!wanted.signal.aborted) this.poke(this.#ended.get(service));
        this.#ended.delete(service);
      });
    this.#active.set(service, done);
  }

  async #take(held: Held, service: string, outcome: Outcome): Promise<void> {
    const container = namesOf(held.desire.state, service)[0] ?? service;
    switch (outcome.is) {
      case 'nothing':
        return;
      case 'later':
        this.poke(undefined, lookAgainMs);
        return;
      case 'ended':
        this.#ended.set(service, { service, container, what: outcome.what });
        return;
      case 'repaired':
      case 'failed': {
        const { is: action, ...rest } = outcome;
        return this.#tell(held, { service, container, action, ...rest });
      }
    }
  }

  /** Repairs of what it needs that are going on; they began before, so nobody waits in a circle. */
  async #neededBy(service: string, state: HostState): Promise<void> {
    const own = state.containers.filter((spec) => spec.service === service);
    const needed = own.flatMap(({ needs }) => needs.map((each) => this.#active.get(each)));
    await Promise.all(needed.filter((each) => each !== undefined));
  }

  async #tell({ desire }: Held, drift: Drifted): Promise<void> {
    const { service, action } = drift;
    const now = this.#options.world.now();
    const repairs = afterRepair(this.#repairsOf(service), now);
    this.#repairs.set(service, repairs);
    if (!isToTell(repairs, action, now)) return;
    this.#repairs.set(service, afterTelling(repairs, action, now));
    await this.#options.onDrift(desire, drift);
  }

  #repairsOf(service: string): Repairs {
    return this.#repairs.get(service) ?? noRepairs;
  }
}
