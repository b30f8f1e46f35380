// The rollouts that are under way: each event goes through the reducer, what was decided is committed,
// and only then acted upon. The one writer of what hosts must run; its caller lets it do one thing at
// a time.

import type { Logger } from 'pino';
import type { Desire } from '../../protocol/messages.ts';
import { limits } from '../../protocol/limits.ts';
import type { World } from '../../protocol/world.ts';
import { fault } from '../../states/faults.ts';
import { parseRolloutId, type HostId, type RolloutId } from '../../states/ids.ts';
import type { HostState } from '../../states/model.ts';
import type { EventLog } from '../eventlog.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Committed, Compare, Store } from '../store/store.ts';
import type { Beginning, Candidate } from './begin.ts';
import { keys, newestNumber, readDesired, readHeld, readRollout } from './keys.ts';
import { outdatedWrites } from './outdated.ts';
import { joined, nothingToWrite, type Writing } from './outside.ts';
import { refuseTakenPorts } from './ports.ts';
import { isOver, type Rollout } from './record.ts';
import { advance, wakeAt, type Effect, type RolloutEvent } from './reducer.ts';
import { plural } from '../words.ts';
import { transition, type Decided } from './transition.ts';

export interface UnderwayOptions {
  readonly store: Store;
  readonly eventlog: Pick<EventLog, 'commit' | 'publish'>;
  readonly world: World;
  readonly log: Logger;
}

export type RolloutRequest = Omit<Beginning, 'id' | 'hosts'> & {
  readonly hosts: readonly (Omit<Candidate, 'generation' | 'state'> & {
    readonly state: HostState;
  })[];
};

type Begin = (from: Beginning, now: number) => [Rollout, readonly Effect[]];

interface Open {
  readonly rollout: Rollout;
  /** Of its head in the store. */
  readonly revision: number;
}

export class Underway {
  readonly #options: UnderwayOptions;
  readonly #open = new Map<string, Open>();
  #fleet: Pick<Fleet, 'desire'> | undefined;
  #newest = 0;
  #ended: (rollout: Rollout) => void = () => undefined;

  constructor(options: UnderwayOptions) {
    this.#options = options;
  }

  use(fleet: Pick<Fleet, 'desire'>): void {
    this.#fleet = fleet;
  }

  /** Told of every end, once it is durable. */
  onEnded(told: (rollout: Rollout) => void): void {
    this.#ended = told;
  }

  /** Goes on with every rollout that stands in the store as not over. */
  async load(): Promise<void> {
    const { store, log } = this.#options;
    this.#newest = await newestNumber(store);
    for (const { value } of await store.range(keys.busy(''))) {
      const { rollout: id } = value as { rollout: string };
      const rollout = await readRollout(store, id);
      const head = await store.get(keys.head(id));
      if (rollout === undefined || head === undefined) {
        throw new Error(`${id} is under way, but not recorded`);
      }
      const { environment } = rollout;
      this.#open.set(environment, { rollout, revision: head.revision });
      log.info({ rollout: id, environment }, 'going on with a rollout');
      await this.decide(environment, { type: 'resume' });
    }
  }

  all(): readonly Rollout[] {
    return [...this.#open.values()].map(({ rollout }) => rollout);
  }

  in(environment: string): Rollout | undefined {
    return this.#open.get(environment)?.rollout;
  }

  with(host: HostId): readonly Rollout[] {
    return this.all().filter(({ hosts }) => hosts.some((each) => each.host === host));
  }

  /** When time alone will next change something. */
  wakeAt(): number | undefined {
    const next = Math.min(...this.all().map((rollout) => wakeAt(rollout) ?? Infinity));
    return Number.isFinite(next) ? next : undefined;
  }

  /** Throws ROLLOUT_BUSY, PORT_CONFLICT. */
  async begin(request: RolloutRequest, begin: Begin): Promise<Rollout> {
    const { store, world } = this.#options;
    const { environment } = request;
    const busy = this.in(environment);
    if (busy !== undefined) {
      throw fault('ROLLOUT_BUSY', `${busy.id} of ${environment} is ${busy.phase} already`);
    }
    await refuseTakenPorts(store, request);
    const id = rolloutId(this.#newest + 1);
    const states = new StateList();
    const hosts: Candidate[] = [];
    for (const host of request.hosts) {
      const generation = await this.#generation(environment, host.host);
      const { state, ...rest } = host;
      const jobs = jobsIn(state);
      const number = states.numberOf(state, host.host);
      hosts.push({ ...rest, generation, state: number, ...(jobs && { jobs }) });
    }
    const [rollout, effects] = begin({ ...request, id, hosts }, world.now());
    const beside = {
      compares: [{ key: keys.busy(environment), revision: 0 }],
      writes: [
        ...states.all.map((value, number) => ({ put: keys.state(id, number), value })),
        ...(await outdatedWrites(store, environment)),
      ],
      events: [],
    };
    const decided = { before: undefined, after: rollout, effects, states: states.all };
    await this.#carryOut(decided, { key: keys.head(id), revision: 0 }, beside);
    return rollout;
  }

  /** What is `beside` is written with it in one commit, and also where nothing is to be decided. */
  async decide(environment: string, event: RolloutEvent, beside?: Writing): Promise<void> {
    const open = this.#open.get(environment);
    if (open === undefined) throw new Error(`nothing is under way in ${environment}`);
    const { rollout: before, revision } = open;
    const [after, effects] = advance(before, event, this.#options.world.now());
    if (after === before && beside === undefined) return;
    const head = { key: keys.head(before.id), revision };
    await this.#carryOut({ before, after, effects }, head, beside);
  }

  async commit(writing: Writing): Promise<void> {
    const { writes, events } = writing;
    if (writes.length > 0 || events.length > 0) await this.#committed(writing);
  }

  async #committed({ compares, writes, events }: Writing): Promise<Committed> {
    const done = await this.#options.eventlog.commit(compares, writes, events);
    if (done !== undefined) return done;
    throw new Error(`somebody else has changed one of ${compares.map(({ key }) => key).join()}`);
  }

  /** What one host cannot be told must not keep the others from hearing. False without a link. */
  send(host: HostId, desire: Desire): boolean {
    try {
      return this.#fleet?.desire(host, desire) ?? false;
    } catch (error) {
      this.#options.log.error({ err: error, host }, 'a host could not be told what to run');
      return true;
    }
  }

  /** Durable first, then in memory, then told: whatever ends the master in between loses nothing. */
  async #carryOut(decided: Decided, head: Compare, beside = nothingToWrite): Promise<void> {
    const { after } = decided;
    const { desires, ...own } = await transition(this.#options.store, decided);
    const all = joined({ ...own, compares: [...own.compares, head] }, beside);
    const { revision } = await this.#committed(all);
    // Its number is taken from now on, whatever becomes of the rest.
    if (decided.before === undefined) this.#newest += 1;
    if (isOver(after)) {
      this.#open.delete(after.environment);
      this.#ended(after);
    } else {
      this.#open.set(after.environment, { rollout: after, revision });
    }
    const missed = desires.filter(({ host, desire }) => !this.send(host, desire));
    // A link that ended just before the rollout began is told of by nobody else.
    for (const { host } of missed) {
      if (this.#open.has(after.environment)) {
        await this.decide(after.environment, { type: 'lost', host });
      }
    }
  }

  async #generation(environment: string, host: HostId): Promise<number> {
    const { store } = this.#options;
    const desired = await readDesired(store, environment, host);
    const held = await readHeld(store, environment, host);
    return Math.max(desired.value?.generation ?? 0, held);
  }
}

function jobsIn({ jobs = [] }: HostState): Candidate['jobs'] {
  if (jobs.length === 0) return undefined;
  const timeoutMs = jobs.reduce((sum, job) => sum + job.timeoutMs, 0);
  return { shared: jobs.some(({ on }) => on === 'one-host'), timeoutMs };
}

function rolloutId(number: number): RolloutId {
  const id = parseRolloutId(`r${number}`);
  if (id === undefined) throw new Error(`no rollout can have the number ${number}`);
  return id;
}

/** What a desire says beside its state. */
const besideBytes = 1_024;
const stateBytesMax = limits.frameBytesMax - besideBytes;

function checkSize(bytes: number, { environment, containers }: HostState, host: HostId): void {
  if (bytes <= stateBytesMax) return;
  const what = `what ${host} should run for ${environment} (${plural(containers.length, 'container')})`;
  const message = `${what} takes ${bytes} bytes, and a message to a host at most ${stateBytesMax}`;
  throw fault('STATE_INVALID', message, { where: host });
}

/** Each different state once, with a number. */
class StateList {
  readonly all: HostState[] = [];
  readonly #numbers = new Map<string, number>();

  /** Throws STATE_INVALID where no message could carry it to the host. */
  numberOf(state: HostState, host: HostId): number {
    const text = JSON.stringify(state);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    checkSize(Buffer.byteLength(text), state, host);
    this.#numbers.set(text, this.all.length);
    return this.all.push(state) - 1;
  }
}
