// Does what the pipeline has decided: commits, rollouts, tests. Nothing here decides anything; whatever
// comes of it goes back as an event, also that it could not be done.

import type { Logger } from 'pino';
import { Fault } from '../../states/faults.ts';
import type { RolloutDriver } from '../rollout/driver.ts';
import type { Rollout, RolloutHead } from '../rollout/record.ts';
import type { Source } from '../source/source.ts';
import type { Verifier } from '../verify/verifier.ts';
import type { Hands, PipelineDriver } from './driver.ts';
import type { CommitVersions, Effect, RunTest, StartRollout } from './effects.ts';
import type { RolloutOutcome } from './events.ts';
import type { PipelineRollouts } from './rollouts.ts';
import { commitMessage, versionsPath, versionsText } from './versions-file.ts';

export interface HandsOptions {
  readonly pipeline: PipelineDriver;
  readonly source: Pick<Source, 'publish'>;
  readonly rollouts: PipelineRollouts;
  readonly driver: Pick<RolloutDriver, 'abort' | 'onEnded' | 'all'>;
  readonly verifier: Pick<Verifier, 'run'>;
  /** Reads the states anew: somebody has changed a versions file. */
  readonly look: () => Promise<void>;
  readonly log: Logger;
}

type CancelRollout = Extract<Effect, { do: 'cancel-rollout' }>;

/** What still runs when the master ends is found again when it starts. */
const closeMsMax = 5_000;

export class PipelineHands implements Hands {
  readonly #options: HandsOptions;
  readonly #running = new Set<Promise<void>>();
  /** The last commit of each environment, for the next to wait for. */
  readonly #commits = new Map<string, Promise<void>>();
  readonly #starts = new Map<string, Promise<void>>();
  readonly #tests = new Map<string, AbortController>();

  constructor(options: HandsOptions) {
    this.#options = options;
    options.driver.onEnded((rollout) => {
      void this.#keep(this.#ended(rollout));
    });
  }

  /** Ends rollouts that were begun for what the pipeline no longer wants. */
  async tidy(due: ReadonlySet<string>): Promise<void> {
    for (const { id, promotion } of this.#options.driver.all()) {
      if (promotion !== undefined && !due.has(promotion.key)) await this.#abort(id, 'master');
    }
  }

  carryOut(effect: Exclude<Effect, { do: 'tell' }>): void {
    switch (effect.do) {
      case 'commit-versions': {
        const before = this.#commits.get(effect.environment) ?? Promise.resolve();
        const work = before.then(() => this.#commit(effect));
        this.#commits.set(effect.environment, this.#keep(work));
        return;
      }
      case 'start-rollout': {
        const work = this.#keep(this.#rollOut(effect));
        this.#starts.set(effect.key, work);
        void work.finally(() => this.#starts.delete(effect.key));
        return;
      }
      case 'cancel-rollout':
        void this.#keep(this.#cancel(effect));
        return;
      case 'run-test':
        void this.#keep(this.#test(effect));
        return;
      case 'cancel-test':
        this.#tests.get(nameOf(effect))?.abort();
    }
  }

  async close(): Promise<void> {
    for (const running of this.#tests.values()) running.abort();
    const stop = new AbortController();
    const waited = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, closeMsMax);
      stop.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    await Promise.race([Promise.all(this.#running), waited]);
    stop.abort();
  }

  async #commit(effect: CommitVersions): Promise<void> {
    const { pipeline, source, look } = this.#options;
    if (!pipeline.isDue(effect)) return;
    const { environment, id, key } = effect;
    const text = versionsText(effect);
    const name = `${id}.${pipeline.line}`;
    const failed = (reason: string): Promise<void> =>
      pipeline.answer({ type: 'commit-failed', environment, id, key, reason });
    try {
      const done = await source.publish({
        ...{ path: versionsPath(environment), text, key: name },
        ...{ before: pipeline.file(environment)?.text ?? null },
        message: commitMessage(effect, name),
      });
      if (done.kind === 'edited') {
        await look();
        await failed(`${versionsPath(environment)} was changed in ${done.commit.slice(0, 12)}`);
        return;
      }
      const { commit, stands } = done;
      const seen = stands ? { environment, file: { text, commit } } : undefined;
      await pipeline.answer({ type: 'committed', environment, id, commit, stands }, seen);
    } catch (error) {
      await failed(this.#wordsOf(error));
    }
  }

  async #rollOut(effect: StartRollout): Promise<void> {
    const { pipeline, rollouts } = this.#options;
    const { environment, key } = effect;
    try {
      const known = await rollouts.find(environment, key);
      if (known === undefined && !pipeline.isDue(effect)) return;
      const rollout = known ?? (await rollouts.start(effect));
      if (rollout === undefined) {
        const outcome = 'succeeded';
        await pipeline.answer({ type: 'rollout-ended', environment, key, outcome, reason: null });
        return;
      }
      await this.#startedAndPerhapsOver(rollout, key);
    } catch (error) {
      const reason = this.#wordsOf(error);
      const outcome = 'errored';
      await pipeline.answer({ type: 'rollout-ended', environment, key, outcome, reason });
    }
  }

  async #ended(rollout: Rollout): Promise<void> {
    const { promotion } = rollout;
    if (promotion !== undefined) await this.#startedAndPerhapsOver(rollout, promotion.key);
  }

  async #startedAndPerhapsOver(rollout: RolloutHead, key: string): Promise<void> {
    const { pipeline } = this.#options;
    const { environment, id, phase, why: reason, endedAt } = rollout;
    await pipeline.answer({ type: 'rollout-started', environment, key, rollout: id });
    const outcome = outcomes[phase];
    if (endedAt === null || outcome === undefined) return;
    await pipeline.answer({ type: 'rollout-ended', environment, key, outcome, reason });
  }

  async #cancel(effect: CancelRollout): Promise<void> {
    const { pipeline, rollouts } = this.#options;
    const { environment, key, actor } = effect;
    await this.#starts.get(key);
    const known = await rollouts.find(environment, key);
    if (known === undefined) {
      const outcome = 'aborted';
      const reason = 'it had not begun';
      await pipeline.answer({ type: 'rollout-ended', environment, key, outcome, reason });
      return;
    }
    if (known.endedAt === null) await this.#abort(known.id, actor);
    const now = await rollouts.find(environment, key);
    if (now !== undefined) await this.#startedAndPerhapsOver(now, key);
  }

  /** One that has ended meanwhile is as good. */
  async #abort(id: string, actor: string): Promise<void> {
    await this.#options.driver.abort(id, actor).catch((error: unknown) => {
      if (!(error instanceof Fault)) throw error;
    });
  }

  async #test(effect: RunTest): Promise<void> {
    const { pipeline, rollouts, verifier } = this.#options;
    const { environment, key, test } = effect;
    if (!pipeline.isDue(effect)) return;
    const stop = new AbortController();
    this.#tests.set(nameOf(effect), stop);
    try {
      const { promotion } = effect;
      const commit = pipeline.pipeline.promotions[promotion]?.commit ?? null;
      const resolved = await rollouts.resolved(effect, commit);
      const judged = await verifier.run({ effect, ...resolved }, stop.signal);
      if (stop.signal.aborted) return;
      await pipeline.answer({ type: 'test-ended', environment, key, test, ...judged });
    } catch (error) {
      if (stop.signal.aborted) return;
      const evidence = { durationMs: 0, exitCode: null, host: null, output: null, counts: null };
      await pipeline.answer({
        ...{ type: 'test-ended', environment, key, test, verdict: 'errored' },
        evidence: { ...evidence, detail: this.#wordsOf(error) },
      });
    } finally {
      this.#tests.delete(nameOf(effect));
    }
  }

  #wordsOf(error: unknown): string {
    if (error instanceof Fault) return error.data.message;
    this.#options.log.error({ err: error }, 'a step of the pipeline broke off');
    return 'a defect of the master itself; see its log';
  }

  #keep(work: Promise<void>): Promise<void> {
    const kept = work
      .catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'a step of the pipeline was lost');
      })
      .finally(() => this.#running.delete(kept));
    this.#running.add(kept);
    return kept;
  }
}

const nameOf = ({ key, test }: { readonly key: string; readonly test: string }): string =>
  `${key} ${test}`;

const outcomes: Readonly<Record<Rollout['phase'], RolloutOutcome | undefined>> = {
  pulling: undefined,
  'rolling-out': undefined,
  'rolling-back': undefined,
  succeeded: 'succeeded',
  'rolled-back': 'rolled-back',
  'rollback-failed': 'rollback-failed',
  failed: 'failed',
  errored: 'errored',
  aborted: 'aborted',
};
