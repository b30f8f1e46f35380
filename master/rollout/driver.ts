// The loop around the rollouts: what hosts say, what people ask for and the passing of time come in
// here and are dealt with one after the other.
// Long because every way in is here.

import type { Logger } from 'pino';
import type { Drift, Progress, Report } from '../../protocol/messages.ts';
import type { World } from '../../protocol/world.ts';
import { fault } from '../../states/faults.ts';
import type { HostId } from '../../states/ids.ts';
import type { Fleet, FleetHandlers, Hello } from '../fleet/fleet.ts';
import type { RolloutView } from '../api/contract.ts';
import type { Store } from '../store/store.ts';
import { Alarm } from './alarm.ts';
import { begin, recordOnly } from './begin.ts';
import { Claims } from './claims.ts';
import { driftWriting } from './drift.ts';
import {
  environmentsAsked,
  keys,
  readDesired,
  readHead,
  readHeld,
  readObserved,
  readRollout,
} from './keys.ts';
import {
  convergedWriting,
  joined,
  nothingToWrite,
  observedWriting,
  outnumberedWriting,
} from './outside.ts';
import type { Rollout } from './record.ts';
import { isAwaited, wakeAt } from './reducer.ts';
import { desireOf } from './transition.ts';
import { Underway, type RolloutRequest, type UnderwayOptions } from './underway.ts';
import { WorkBook } from './work.ts';

export type { RolloutRequest } from './underway.ts';
type DriverOptions = UnderwayOptions;

const againMs = 5_000;

export class RolloutDriver implements Omit<FleetHandlers, 'onFacts'> {
  readonly #store: Store;
  readonly #eventlog: DriverOptions['eventlog'];
  readonly #world: World;
  readonly #log: Logger;
  readonly #alarm: Alarm;
  readonly #underway: Underway;
  /** Every environment in which some host was ever asked for something. */
  readonly #environments = new Set<string>();
  /** What hosts that are awaited say they wait for, the newest word; nothing depends on it. */
  readonly #waits = new Map<string, string>();
  readonly #work = new WorkBook();
  readonly #claims: Claims;
  /** Time goes on for nobody before this moment; it could not be written down a moment ago. */
  #notBefore = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: DriverOptions) {
    this.#store = options.store;
    this.#eventlog = options.eventlog;
    this.#world = options.world;
    this.#log = options.log;
    this.#underway = new Underway(options);
    this.#claims = new Claims(options.log);
    this.#alarm = new Alarm(options.world, () => void this.#inTurn(() => this.#tick()));
  }

  /** Goes on with every rollout that was under way. */
  static async open(options: DriverOptions): Promise<RolloutDriver> {
    const driver = new RolloutDriver(options);
    for (const environment of await environmentsAsked(options.store)) {
      driver.#environments.add(environment);
    }
    await driver.#claims.read(options.store);
    await driver.#inTurn(() => driver.#underway.load());
    for (const { environment } of driver.all()) driver.#environments.add(environment);
    return driver;
  }

  /** Links come up only after this; what was decided before is told to each host at its hello. */
  use(fleet: Pick<Fleet, 'desire'>): void {
    this.#underway.use(fleet);
  }

  /** Ends before this are in the store only. */
  onEnded(told: (rollout: Rollout) => void): void {
    this.#underway.onEnded(told);
  }

  /** All that are under way. */
  all(): readonly Rollout[] {
    return this.#underway.all();
  }

  /** With what its hosts do at this moment. */
  atWork(view: RolloutView): RolloutView {
    return this.#work.shown(view);
  }

  async close(): Promise<void> {
    await this.#turn;
    this.#alarm.close();
  }

  /** The rollout that the environment is busy with. */
  current(environment: string): Rollout | undefined {
    return this.#underway.in(environment);
  }

  /** Throws ROLLOUT_BUSY. At least one of the hosts is linked. */
  start(request: RolloutRequest): Promise<Rollout> {
    return this.#begin(request, begin);
  }

  /** For what needs no change on any host that answers: written down as wanted, and as done. */
  record(request: RolloutRequest): Promise<Rollout> {
    return this.#begin(request, recordOnly);
  }

  abort(id: string, actor: string): Promise<Rollout> {
    return this.#inTurn(async () => {
      const rollout = this.#underway.all().find((each) => each.id === id);
      if (rollout === undefined) throw await this.#notUnderWay(id);
      await this.#underway.decide(rollout.environment, { type: 'abort', actor });
      const aborted = await readRollout(this.#store, id);
      if (aborted === undefined) throw new Error(`${id} is not recorded`);
      return aborted;
    });
  }

  /** A host that was removed: nothing is wanted of it any more, and nobody waits for it. */
  forget(host: HostId): Promise<void> {
    return this.#inTurn(async () => {
      for (const { environment } of this.#underway.with(host)) {
        await this.#underway.decide(environment, { type: 'removed', host });
      }
      const known = new Set([...this.#environments, ...this.#claims.of(host)]);
      const all = [...known].flatMap((environment) =>
        [keys.desired, keys.observed, keys.held].map((key) => key(environment, host)),
      );
      const writes = [...all, keys.drift(host)].map((key) => ({ delete: key }));
      await this.#underway.commit({ ...nothingToWrite, writes });
      this.#claims.forget(host);
    });
  }

  onHello(host: HostId, hello: Hello): Promise<void> {
    return this.#inTurn(async () => {
      const held = new Map<string, number>();
      for (const { environment, generation } of hello.accepted) {
        const known = this.#environments.has(environment);
        if (known || this.#claims.take(host, environment)) held.set(environment, generation);
      }
      for (const environment of new Set([...this.#environments, ...held.keys()])) {
        await this.#linked(environment, host, held.get(environment) ?? 0);
      }
    });
  }

  onReport(host: HostId, seq: number, report: Report): Promise<void> {
    return this.#inTurn(async () => {
      const { environment } = report;
      if (!this.#environments.has(environment) && !this.#claims.has(host, environment)) {
        this.#claims.ignore(host, environment);
        return;
      }
      const known = await readObserved(this.#store, environment, host);
      const observed = observedWriting(host, { seq, report }, known);
      if (takesPart(this.current(environment), host)) {
        await this.#underway.decide(environment, { type: 'report', host, report }, observed);
      } else if (observed !== undefined) {
        const desired = await readDesired(this.#store, environment, host);
        await this.#underway.commit(joined(observed, convergedWriting(host, report, desired)));
      }
    });
  }

  onDrift(host: HostId, seq: number, drift: Drift): Promise<void> {
    return this.#inTurn(async () => {
      const writing = await driftWriting(this.#store, host, { seq, drift });
      if (writing !== undefined) await this.#underway.commit(writing);
    });
  }

  onProgress(host: HostId, progress: Progress): void {
    const { environment, phase, detail } = progress;
    const rollout = this.current(environment);
    const live = { kind: 'progress', at: this.#world.now(), host, environment, progress } as const;
    if (rollout === undefined || !takesPart(rollout, host)) {
      this.#eventlog.publish(live);
      return;
    }
    const key = `${rollout.id}/${host}`;
    if (phase === 'waiting') this.#waits.set(key, detail);
    else this.#waits.delete(key);
    this.#work.take(rollout.id, host, progress, live.at);
    this.#eventlog.publish({ ...live, rollout: rollout.id });
  }

  onGone(host: HostId): void {
    this.#inTurn(async () => {
      for (const { environment } of this.#underway.with(host)) {
        await this.#underway.decide(environment, { type: 'lost', host });
      }
    }).catch((error: unknown) => {
      this.#log.error({ err: error, host }, 'the loss of a link could not be recorded');
    });
  }

  /** One after the other: what is decided is decided on what is written. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work).finally(() => {
      const at = this.#underway.wakeAt();
      this.#alarm.set(at === undefined ? at : Math.max(at, this.#notBefore));
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #begin(request: RolloutRequest, how: typeof begin): Promise<Rollout> {
    return this.#inTurn(async () => {
      const rollout = await this.#underway.begin(request, how);
      this.#environments.add(request.environment);
      if (this.#underway.all().length <= 1) {
        this.#waits.clear();
        this.#work.clear();
      }
      return rollout;
    });
  }

  async #linked(environment: string, host: HostId, held: number): Promise<void> {
    const rollout = this.current(environment);
    if (takesPart(rollout, host)) {
      await this.#underway.decide(environment, { type: 'linked', host, held });
      await this.#level(environment, host, held);
      return;
    }
    const newest = await this.#level(environment, host, held);
    if (rollout?.hosts.some((each) => each.host === host) === true) {
      await this.#underway.decide(environment, { type: 'linked', host, held: newest });
    }
  }

  /** Sends what the host must run here if it holds anything else; answers the newest generation. */
  async #level(environment: string, host: HostId, held: number): Promise<number> {
    let desired = await readDesired(this.#store, environment, host);
    const known = desired.value?.generation ?? (await readHeld(this.#store, environment, host));
    if (held > known) {
      this.#log.warn({ host, environment, held, known }, 'the host holds more than it was told');
      await this.#underway.commit(outnumberedWriting({ environment, host }, held, desired));
      desired = await readDesired(this.#store, environment, host);
    }
    const { value } = desired;
    if (value === undefined) return Math.max(held, known);
    if (value.generation > held) this.#underway.send(host, desireOf(value));
    return value.generation;
  }

  async #tick(): Promise<void> {
    try {
      const now = this.#world.now();
      for (const rollout of this.#underway.all()) {
        if ((wakeAt(rollout) ?? Infinity) <= now) await this.#timeIsUp(rollout);
      }
    } catch (error) {
      this.#log.error({ err: error }, 'time could not go on for a rollout; trying again');
      this.#notBefore = this.#world.now() + againMs;
    }
  }

  /** What each says it waits for is written down first: it may be the reason of the end. */
  async #timeIsUp({ id, environment, hosts }: Rollout): Promise<void> {
    for (const { host } of hosts.filter(isAwaited)) {
      const detail = this.#waits.get(`${id}/${host}`);
      if (detail !== undefined) {
        await this.#underway.decide(environment, { type: 'waits', host, detail });
      }
    }
    await this.#underway.decide(environment, { type: 'tick' });
  }

  async #notUnderWay(id: string): Promise<Error> {
    const head = await readHead(this.#store, id);
    if (head === undefined) return fault('UNKNOWN_NAME', `there is no rollout ${id}`);
    return fault('ROLLOUT_NONE', `${id} is over: it ${head.phase}`);
  }
}

/** It was asked for something in this rollout. */
const takesPart = (rollout: Rollout | undefined, id: HostId): boolean =>
  rollout?.hosts.some(({ host, told }) => host === id && told !== 'nothing') === true;
