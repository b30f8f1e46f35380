// Carries rollouts out: takes every event through the reducer, commits what was decided, and only then
// acts. The one writer of what hosts must run. Long because one loop owns all of that state.

import type { Logger } from 'pino';
import type { Drift, Progress, Report } from '../../protocol/messages.ts';
import type { World } from '../../protocol/world.ts';
import { fault } from '../../states/faults.ts';
import { parseRolloutId, type HostId, type RolloutId } from '../../states/ids.ts';
import type { HostState } from '../../states/model.ts';
import type { EventLog } from '../eventlog.ts';
import type { Fleet, FleetHandlers, Hello } from '../fleet/fleet.ts';
import type { Compare, Store } from '../store/store.ts';
import { Alarm } from './alarm.ts';
import { begin, recordOnly, type Beginning, type Candidate } from './begin.ts';
import { driftWriting } from './drift.ts';
import {
  environmentsIn,
  keys,
  newestNumber,
  readDesired,
  readHead,
  readHeld,
  readObserved,
  readRollout,
} from './keys.ts';
import { outdatedWrites } from './outdated.ts';
import {
  convergedWriting,
  joined,
  nothingToWrite,
  observedWriting,
  outnumberedWriting,
  type Writing,
} from './outside.ts';
import { isOver, type Rollout } from './record.ts';
import { advance, wakeAt, type Effect, type RolloutEvent } from './reducer.ts';
import { desireOf, transition, type Decided } from './transition.ts';

export interface DriverOptions {
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

type Handlers = Omit<FleetHandlers, 'onFacts'>;

interface Open {
  readonly rollout: Rollout;
  /** Of its head in the store. */
  readonly revision: number;
}

const againMs = 5_000;

export class RolloutDriver implements Handlers {
  readonly #store: Store;
  readonly #eventlog: DriverOptions['eventlog'];
  readonly #world: World;
  readonly #log: Logger;
  readonly #alarm: Alarm;
  readonly #open = new Map<string, Open>();
  /** Every environment in which some host was ever asked for something. */
  readonly #environments = new Set<string>();
  #fleet: Pick<Fleet, 'desire'> | undefined;
  #newest = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor({ store, eventlog, world, log }: DriverOptions) {
    this.#store = store;
    this.#eventlog = eventlog;
    this.#world = world;
    this.#log = log;
    this.#alarm = new Alarm(world, () => void this.#inTurn(() => this.#tick()));
  }

  /** Goes on with every rollout that was under way. */
  static async open(options: DriverOptions): Promise<RolloutDriver> {
    const driver = new RolloutDriver(options);
    await driver.#load();
    return driver;
  }

  /** Links come up only after this; what was decided before is told to each host at its hello. */
  use(fleet: Pick<Fleet, 'desire'>): void {
    this.#fleet = fleet;
  }

  async close(): Promise<void> {
    this.#alarm.set(undefined);
    await this.#turn;
    this.#alarm.set(undefined);
  }

  /** The rollout that the environment is busy with. */
  current(environment: string): Rollout | undefined {
    return this.#open.get(environment)?.rollout;
  }

  /** Throws ROLLOUT_BUSY. At least one of the hosts is linked. */
  start(request: RolloutRequest): Promise<Rollout> {
    return this.#inTurn(() => this.#begin(request, begin));
  }

  /** For what needs no change on any host that answers: written down as wanted, and as done. */
  record(request: RolloutRequest): Promise<Rollout> {
    return this.#inTurn(() => this.#begin(request, recordOnly));
  }

  abort(id: string, actor: string): Promise<Rollout> {
    return this.#inTurn(async () => {
      const open = [...this.#open.values()].find(({ rollout }) => rollout.id === id);
      if (open === undefined) throw await this.#notUnderWay(id);
      return this.#decide(open, { type: 'abort', actor });
    });
  }

  /** A host that was removed: nothing is wanted of it any more, and nobody waits for it. */
  forget(host: HostId): Promise<void> {
    return this.#inTurn(async () => {
      for (const open of this.#with(host)) await this.#decide(open, { type: 'removed', host });
      const writes = [...this.#environments].flatMap((environment) =>
        [keys.desired, keys.observed, keys.held].map((key) => ({ delete: key(environment, host) })),
      );
      await this.#commit({ ...nothingToWrite, writes: [...writes, { delete: `drifts/${host}` }] });
    });
  }

  onHello(host: HostId, hello: Hello): Promise<void> {
    return this.#inTurn(async () => {
      const held = new Map<string, number>();
      for (const { environment, generation } of hello.accepted) held.set(environment, generation);
      for (const environment of new Set([...this.#environments, ...held.keys()])) {
        await this.#linked(environment, host, held.get(environment) ?? 0);
      }
    });
  }

  onReport(host: HostId, _seq: number, report: Report): Promise<void> {
    return this.#inTurn(async () => {
      const { environment } = report;
      const known = await readObserved(this.#store, environment, host);
      const observed = observedWriting(host, report, known);
      const open = this.#open.get(environment);
      if (open !== undefined && takesPart(open, host)) {
        await this.#decide(open, { type: 'report', host, report }, observed);
      } else if (observed !== undefined) {
        const desired = await readDesired(this.#store, environment, host);
        await this.#commit(joined(observed, convergedWriting(host, report, desired)));
      }
    });
  }

  onDrift(host: HostId, seq: number, drift: Drift): Promise<void> {
    return this.#inTurn(async () => {
      const writing = await driftWriting(this.#store, host, { seq, drift });
      if (writing !== undefined) await this.#commit(writing);
    });
  }

  onProgress(host: HostId, progress: Progress): void {
    const { environment } = progress;
    const open = this.#open.get(environment);
    const rollout = open !== undefined && takesPart(open, host) ? open.rollout.id : undefined;
    this.#eventlog.publish({
      ...{ kind: 'progress', at: this.#world.now(), host, environment, progress },
      ...(rollout === undefined ? {} : { rollout }),
    });
  }

  onGone(host: HostId): void {
    this.#inTurn(async () => {
      for (const open of this.#with(host)) await this.#decide(open, { type: 'lost', host });
    }).catch((error: unknown) => {
      this.#log.error({ err: error, host }, 'the loss of a link could not be recorded');
    });
  }

  /** One after the other: what is decided is decided on what is written. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #load(): Promise<void> {
    this.#newest = await newestNumber(this.#store);
    for (const environment of await environmentsIn(this.#store)) {
      this.#environments.add(environment);
    }
    for (const { value } of await this.#store.range(keys.busy(''))) {
      const { rollout: id } = value as { rollout: string };
      const rollout = await readRollout(this.#store, id);
      if (rollout === undefined) throw new Error(`${id} is under way, but not recorded`);
      const revision = await this.#revisionOf(rollout);
      this.#log.info({ rollout: id, environment: rollout.environment }, 'going on with a rollout');
      await this.#decide({ rollout, revision }, { type: 'resume' });
    }
  }

  async #begin(
    request: RolloutRequest,
    beginning: (from: Beginning, now: number) => [Rollout, readonly Effect[]],
  ): Promise<Rollout> {
    const { environment } = request;
    const busy = this.#open.get(environment)?.rollout;
    if (busy !== undefined) {
      throw fault('ROLLOUT_BUSY', `${busy.id} of ${environment} is ${busy.phase} already`);
    }
    const id = rolloutId(this.#newest + 1);
    const states = new StateList();
    const hosts: Candidate[] = [];
    for (const host of request.hosts) {
      const generation = await this.#generation(environment, host.host);
      hosts.push({ ...host, generation, state: states.numberOf(host.state) });
    }
    const [rollout, effects] = beginning({ ...request, id, hosts }, this.#world.now());
    this.#newest += 1;
    const beside = {
      compares: [{ key: keys.busy(environment), revision: 0 }],
      writes: [
        ...states.all.map((value, number) => ({ put: keys.state(id, number), value })),
        ...(await outdatedWrites(this.#store, environment)),
      ],
      events: [],
    };
    const decided = { before: undefined, after: rollout, effects, states: states.all };
    await this.#carryOut(decided, { key: keys.head(id), revision: 0 }, beside);
    this.#environments.add(environment);
    return rollout;
  }

  async #decide(open: Open, event: RolloutEvent, beside?: Writing): Promise<Rollout> {
    const { rollout: before, revision } = open;
    const [after, effects] = advance(before, event, this.#world.now());
    if (after === before && beside === undefined) return before;
    const head = { key: keys.head(before.id), revision };
    await this.#carryOut({ before, after, effects }, head, beside);
    return after;
  }

  /** Durable first, then in memory, then told: whatever ends the master in between loses nothing. */
  async #carryOut(decided: Decided, head: Compare, beside = nothingToWrite): Promise<void> {
    const { after } = decided;
    const { desires, ...own } = await transition(this.#store, decided);
    await this.#commit(joined({ ...own, compares: [...own.compares, head] }, beside));
    if (isOver(after)) this.#open.delete(after.environment);
    else {
      const revision = await this.#revisionOf(after);
      this.#open.set(after.environment, { rollout: after, revision });
    }
    for (const { host, desire } of desires) this.#fleet?.desire(host, desire);
    this.#setAlarm();
  }

  async #commit({ compares, writes, events }: Writing): Promise<void> {
    if (writes.length === 0 && events.length === 0) return;
    if (await this.#eventlog.commit(compares, writes, events)) return;
    throw new Error(`somebody else has changed one of ${compares.map(({ key }) => key).join()}`);
  }

  async #linked(environment: string, host: HostId, held: number): Promise<void> {
    const open = this.#open.get(environment);
    if (open !== undefined && takesPart(open, host)) {
      await this.#decide(open, { type: 'linked', host, held });
      await this.#level(environment, host, held);
      return;
    }
    const newest = await this.#level(environment, host, held);
    const member = open?.rollout.hosts.some((each) => each.host === host) === true;
    if (open !== undefined && member) {
      await this.#decide(open, { type: 'linked', host, held: newest });
    }
  }

  /** Sends what the host must run here if it holds anything else; answers the newest generation. */
  async #level(environment: string, host: HostId, held: number): Promise<number> {
    let desired = await readDesired(this.#store, environment, host);
    const known = desired.value?.generation ?? (await readHeld(this.#store, environment, host));
    if (held > known) {
      this.#log.warn({ host, environment, held, known }, 'the host holds more than it was told');
      await this.#commit(outnumberedWriting({ environment, host }, held, desired));
      this.#environments.add(environment);
      desired = await readDesired(this.#store, environment, host);
    }
    if (desired.value === undefined) return Math.max(held, known);
    if (desired.value.generation > held) this.#fleet?.desire(host, desireOf(desired.value));
    return desired.value.generation;
  }

  async #generation(environment: string, host: HostId): Promise<number> {
    const desired = await readDesired(this.#store, environment, host);
    const held = await readHeld(this.#store, environment, host);
    return Math.max(desired.value?.generation ?? 0, held);
  }

  #with(host: HostId): readonly Open[] {
    return [...this.#open.values()].filter(({ rollout }) =>
      rollout.hosts.some((each) => each.host === host),
    );
  }

  async #tick(): Promise<void> {
    try {
      for (const open of [...this.#open.values()]) {
        const due = (wakeAt(open.rollout) ?? Infinity) <= this.#world.now();
        if (due) await this.#decide(open, { type: 'tick' });
      }
      this.#setAlarm();
    } catch (error) {
      this.#log.error({ err: error }, 'time could not go on for a rollout; trying again');
      this.#alarm.set(this.#world.now() + againMs);
    }
  }

  #setAlarm(): void {
    const moments = [...this.#open.values()].map(({ rollout }) => wakeAt(rollout) ?? Infinity);
    const next = Math.min(...moments);
    this.#alarm.set(Number.isFinite(next) ? next : undefined);
  }

  async #revisionOf({ id }: Rollout): Promise<number> {
    const entry = await this.#store.get(keys.head(id));
    if (entry === undefined) throw new Error(`${id} is not recorded`);
    return entry.revision;
  }

  async #notUnderWay(id: string): Promise<Error> {
    const head = await readHead(this.#store, id);
    if (head === undefined) return fault('UNKNOWN_NAME', `there is no rollout ${id}`);
    return fault('ROLLOUT_NONE', `${id} is over: it ${head.phase}`);
  }
}

const takesPart = ({ rollout }: Open, id: HostId): boolean =>
  rollout.hosts.some(({ host, told }) => host === id && told !== 'nothing');

function rolloutId(number: number): RolloutId {
  const id = parseRolloutId(`r${number}`);
  if (id === undefined) throw new Error(`no rollout can have the number ${number}`);
  return id;
}

/** Each different state once, with a number. */
class StateList {
  readonly all: HostState[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(state: HostState): number {
    const text = JSON.stringify(state);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.all.length);
    return this.all.push(state) - 1;
  }
}
