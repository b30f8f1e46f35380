// The health of what runs, for as long as it runs: the minion's own probes, each at its interval, and
// the newest answer of each. One timer for all of them.

import type { World } from '../../protocol/world.ts';
import { Fault } from '../../states/faults.ts';
import type { ContainerSpec } from '../../states/model.ts';
import type { ContainerDetail, Engine, EngineContainer } from '../engine/engine.ts';
import type { Health } from '../observe.ts';
import { probe, type Answer } from '../probe.ts';

interface Watched {
  readonly name: string;
  readonly spec: ContainerSpec;
  readonly network: string;
}

interface HealthOptions {
  readonly engine: Engine;
  readonly world: World;
  /** It was healthy, or had its time to become so, and said no too often. */
  readonly onUnhealthy: (environment: string, watched: Watched, words: string) => void;
}

interface Entry extends Watched {
  readonly environment: string;
  /** Probed from time to time; else only the newest answer is kept. */
  active: boolean;
  health: 'healthy' | 'unhealthy' | 'starting';
  words: string;
  failures: number;
  since: number;
  answeredAt: number;
  dueAt: number;
  /** Where it is found; asked for anew after every no. */
  detail: ContainerDetail | undefined;
}

const probesMax = 16;

export class HealthBook {
  readonly #options: HealthOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #stop = new AbortController();
  #woken = new AbortController();
  #asking = 0;
  readonly #running: Promise<void>;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** From now on these are probed, and no others of the environment. */
  watch(environment: string, watched: readonly Watched[]): void {
    const now = this.#options.world.now();
    const names = new Set(watched.map(({ name }) => name));
    for (const entry of this.#of(environment)) {
      if (!names.has(entry.name)) this.#entries.delete(entry.name);
    }
    for (const each of watched) this.#add(environment, each, now).active = true;
    this.#woken.abort();
  }

  /** While its containers are being changed nothing is probed; the newest answers stay. */
  rest(environment: string): void {
    for (const entry of this.#of(environment)) entry.active = false;
  }

  /** Its process ended or began anew: where it is and how it was are no longer known. */
  forget(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    const now = this.#options.world.now();
    Object.assign(entry, { detail: undefined, health: 'starting', failures: 0, since: now });
    Object.assign(entry, { answeredAt: 0, dueAt: now });
  }

  /** An answer that somebody else got. */
  note(environment: string, watched: Watched, answer: Answer): void {
    this.#take(this.#add(environment, watched, this.#options.world.now()), answer);
  }

  /** For a container that runs: by its newest answer, or by one that is got now. */
  async of(container: EngineContainer, wanted: Watched | undefined): Promise<Health> {
    const known = this.#entries.get(container.name);
    const watched = wanted ?? known;
    if (watched === undefined || !isProbed(watched.spec)) return byDocker(container, watched);
    if (known !== undefined && this.#isFresh(known)) return known.health;
    const answer = await this.#ask({ ...watched, detail: known?.detail });
    if (known !== undefined) this.#take(known, answer);
    if (answer.ok) return 'healthy';
    return known?.health === 'unhealthy' ? 'unhealthy' : 'starting';
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#woken.abort();
    await this.#running;
  }

  *#of(environment: string): Generator<Entry> {
    for (const entry of this.#entries.values()) {
      if (entry.environment === environment) yield entry;
    }
  }

  #add(environment: string, watched: Watched, now: number): Entry {
    const fresh = { health: 'starting', words: '', failures: 0, since: now } as const;
    const timing = { answeredAt: 0, dueAt: now, detail: undefined, active: false };
    const entry = this.#entries.get(watched.name) ?? {
      ...fresh,
      ...timing,
      environment,
      ...watched,
    };
    this.#entries.set(watched.name, entry);
    // What asks and how often may have changed while the container runs on.
    return Object.assign(entry, watched);
  }

  #isFresh({ answeredAt, spec: { healthcheck } }: Entry): boolean {
    const age = this.#options.world.now() - answeredAt;
    return age <= 2 * healthcheck.intervalMs + healthcheck.timeoutMs;
  }

  #take(entry: Entry, { ok, words }: Answer): void {
    const now = this.#options.world.now();
    const { retries, startMs, intervalMs } = entry.spec.healthcheck;
    entry.answeredAt = now;
    entry.dueAt = now + intervalMs;
    entry.words = words;
    entry.failures = ok ? 0 : entry.failures + 1;
    if (ok) {
      entry.health = 'healthy';
      return;
    }
    entry.detail = undefined;
    const hadTime = entry.health === 'healthy' || now - entry.since >= startMs;
    if (entry.failures < retries || !hadTime || entry.health === 'unhealthy') return;
    entry.health = 'unhealthy';
    if (entry.active) this.#options.onUnhealthy(entry.environment, entry, words);
  }

  async #run(): Promise<void> {
    const { world } = this.#options;
    const stopped = this.#stop.signal;
    while (!stopped.aborted) {
      this.#woken = new AbortController();
      const now = world.now();
      const active = [...this.#entries.values()].filter(
        (each) => each.active && isProbed(each.spec),
      );
      for (const entry of active) {
        if (entry.dueAt <= now && this.#asking < probesMax) void this.#probe(entry);
      }
      const next = Math.min(idleMs, ...active.map(({ dueAt }) => dueAt - now));
      // Where all hands are full, the first that is free wakes the others.
      await world.sleep(next > 0 ? next : idleMs, this.#woken.signal).catch(() => undefined);
    }
  }

  async #probe(entry: Entry): Promise<void> {
    const { intervalMs, timeoutMs } = entry.spec.healthcheck;
    // Not again while it is asked; the answer sets the real time.
    entry.dueAt = this.#options.world.now() + intervalMs + timeoutMs;
    this.#asking += 1;
    try {
      entry.detail ??= await this.#options.engine.inspect(entry.name);
      // That it does not run is told by the Engine's events.
      if (entry.detail?.status !== 'running') entry.detail = undefined;
      if (entry.detail === undefined) return;
      this.#take(entry, await this.#ask(entry));
    } catch (error) {
      if (!(error instanceof Fault) && !this.#stop.signal.aborted) throw error;
    } finally {
      if (this.#asking === probesMax) this.#woken.abort();
      this.#asking -= 1;
    }
  }

  async #ask(watched: Watched & { readonly detail: ContainerDetail | undefined }): Promise<Answer> {
    const { engine } = this.#options;
    const detail = watched.detail ?? (await engine.inspect(watched.name));
    if (detail === undefined) return { ok: false, words: 'it is not there' };
    return probe(engine, { ...watched, detail }, this.#stop.signal);
  }
}

/** The timer is armed anew whenever something is to be watched. */
const idleMs = 3_600_000;

const isProbed = ({ healthcheck: { kind } }: ContainerSpec): boolean =>
  kind === 'http' || kind === 'tcp' || kind === 'exec';

/** Without a probe of ours it is healthy while it runs, unless Docker has a reason against it. */
const byDocker = ({ health }: EngineContainer, watched: Watched | undefined): Health =>
  health === 'none' || watched?.spec.healthcheck.kind === 'none' ? 'healthy' : health;
