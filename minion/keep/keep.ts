// One environment on this host: takes its desires one after the other, the newest before all others,
// and holds true what was reached.

import type { Logger } from 'pino';
import type { Desire, HostFailure, Progress, Report } from '../../protocol/messages.ts';
import { Fault } from '../../states/faults.ts';
import type { HostState } from '../../states/model.ts';
import { containerName } from '../../states/naming.ts';
import { firstNetwork } from '../../states/networks.ts';
import type { Tools } from '../reconcile/converge.ts';
import { clip, failureOf } from '../reconcile/evidence.ts';
import { judge, lastWord, targetOf, type HeldEnvironment } from '../journal/held.ts';
import type { Journal } from '../journal.ts';
import { Lane } from './lane.ts';
import type { Told } from '../reconcile/perform.ts';
import { fetch, resumeGoingBack, run, type Task } from '../reconcile.ts';
import { Repairer, type Changed, type Drifted, type Held } from './repairer.ts';

interface KeepOptions extends Tools {
  readonly environment: Desire['state']['environment'];
  readonly journal: Journal;
  readonly log: Logger;
  /** Something was written that the master has not seen. */
  readonly wake: () => void;
  readonly progress: (progress: Progress) => void;
}

export type Doing = 'holding' | 'changing' | 'fetching' | 'nothing';

export class Keep {
  readonly #options: KeepOptions;
  /** A desire that is only fetched touches nothing, so what runs is repaired meanwhile. */
  readonly #fetching: Lane;
  readonly #changing: Lane;
  readonly #repairer: Repairer;
  #taking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: KeepOptions) {
    this.#options = options;
    const onDefect = (error: unknown): void => {
      throw error;
    };
    this.#fetching = new Lane(onDefect);
    this.#changing = new Lane(onDefect);
    this.#repairer = new Repairer({
      ...options,
      held: () => this.#heldNow,
      onDrift: (desire, drift) => this.#drifted(desire, drift),
    });
  }

  get doing(): Doing {
    if (this.#changing.busy) return 'changing';
    if (this.#fetching.busy) return 'fetching';
    return this.#heldNow === undefined ? 'nothing' : 'holding';
  }

  /** Goes on where the journal stands. */
  resume(): void {
    const held = this.#held;
    if (held === undefined) return;
    if (held.newest.mode === 'pull' && lastWord(held) === undefined) this.#fetch(held.newest);
    this.#change(0);
  }

  /** In the order in which they come; each is durable before anything is done for it. */
  desire(desire: Desire): void {
    this.#taking = this.#taking.then(() => this.#take(desire));
  }

  changed(changed?: Changed): void {
    this.#repairer.poke(changed);
  }

  /** What is held true; undefined while nothing is. */
  get state(): HostState | undefined {
    return this.#heldNow?.desire.state;
  }

  /** Leaves the containers as they are. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#fetching.end(), this.#changing.end(), this.#taking]);
    // Last: a change that was at its end may just have let it begin.
    await this.#repairer.rest();
  }

  get #held(): HeldEnvironment | undefined {
    return this.#options.journal.held.environments.get(this.#options.environment);
  }

  get #heldNow(): Held | undefined {
    const held = this.#held;
    const target = held === undefined ? undefined : targetOf(held);
    return target?.work === 'hold' ? target : undefined;
  }

  async #take(desire: Desire): Promise<void> {
    const { journal, log, wake } = this.#options;
    if (this.#closed) return;
    const verdict = judge(journal.held, desire);
    if (verdict === 'stale') {
      log.info({ generation: desire.generation }, 'an older desire came, and is not followed');
      return;
    }
    if (verdict === 'same') {
      const said = this.#held && lastWord(this.#held);
      if (said !== undefined) await journal.say(said);
      wake();
      return;
    }
    try {
      await journal.accept(desire);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      await journal.say(this.#failed(desire, error));
      wake();
      return;
    }
    if (desire.mode === 'pull') {
      this.#fetch(desire);
      return;
    }
    // What is still being fetched is older, and fetched again where it is needed.
    await this.#fetching.end();
    this.#change();
  }

  #fetch(desire: Desire): void {
    if (this.#closed) return;
    this.#fetching.replace(async (signal) => {
      const report = await this.#ended(desire, () => fetch(this.#task(desire, signal)));
      if (!signal.aborted) await this.#settle(report);
    });
  }

  /** Whatever the journal says is to be done now. */
  #change(lookInMs?: number): void {
    if (this.#closed) return;
    this.#changing.replace(async (signal) => {
      const held = this.#held;
      if (held === undefined) return;
      const target = targetOf(held);
      if (target.work === 'converge' || target.work === 'go-back') {
        await this.#repairer.rest();
        this.#options.health.rest(this.#options.environment);
        const { desire } = target;
        const task = { ...this.#task(desire, signal), previous: target.previous?.state };
        const work = (): Promise<Report> =>
          target.work === 'converge' ? run(task) : resumeGoingBack(task, target.failures);
        const report = await this.#ended(desire, work);
        if (signal.aborted) return;
        await this.#settle(report);
        if (signal.aborted) return;
      }
      this.#hold(lookInMs);
    });
  }

  #hold(lookInMs: number | undefined): void {
    const { environment, health } = this.#options;
    const held = this.#heldNow;
    const state = held?.desire.state;
    const watched = (state?.containers ?? []).flatMap((spec) => {
      if (state === undefined || held?.leave.has(spec.service) === true) return [];
      return [
        { name: containerName({ ...state, spec }), spec, network: firstNetwork(spec, state) },
      ];
    });
    health.watch(environment, watched);
    this.#repairer.begin(lookInMs);
  }

  async #settle(report: Report): Promise<void> {
    const { journal, log, wake } = this.#options;
    await journal.settle(report);
    wake();
    const { generation, mode, outcome, now, writes, reverted, failures } = report;
    const why = failures.map(({ service, message }) => `${service ?? 'host'}: ${message}`);
    const level = outcome === 'done' ? 'info' : 'warn';
    log[level]({ generation, mode, outcome, now, writes, reverted, why }, 'reported');
  }

  #task(desire: Desire, signal: AbortSignal): Task {
    const { engine, world, health, journal, policy } = this.#options;
    return {
      ...{ engine, world, health, policy, desire, signal, previous: undefined },
      tell: (told) => {
        this.#tell(desire, told);
      },
      onGoingBack: (failures: readonly HostFailure[]) => journal.goingBack(desire, failures),
    };
  }

  /** What the Engine refuses before there is even a look at the host is a report too. */
  async #ended(desire: Desire, work: () => Promise<Report>): Promise<Report> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Fault) return this.#failed(desire, error);
      throw error;
    }
  }

  #failed({ generation, mode, state }: Desire, error: Fault): Report {
    const at = this.#options.world.now();
    return {
      ...{ environment: state.environment, generation, mode, outcome: 'failed', now: 'old' },
      ...{ reverted: false, writes: 0, running: [], startedAt: at, endedAt: at },
      failures: [failureOf(error, { phase: 'begin' })],
    };
  }

  #tell({ generation }: Desire, told: Told): void {
    const { environment, progress, world } = this.#options;
    const detail = clip(told.detail, detailCharsMax);
    progress({ ...told, detail, environment, generation, at: world.now() });
  }

  async #drifted({ generation, state }: Desire, drift: Drifted): Promise<void> {
    const { journal, world, wake, log } = this.#options;
    const { environment, release, commit } = state;
    const what = clip(drift.what, detailCharsMax);
    const of = { environment, generation, release, commit };
    await journal.drifted({ ...drift, ...of, what, at: world.now() });
    wake();
    const { service, container, action, failure } = drift;
    log.warn({ service, container, what, action, why: failure?.message }, 'drift');
  }
}

const detailCharsMax = 2_000;
