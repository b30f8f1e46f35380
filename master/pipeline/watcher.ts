// Looks at the states: what the pipeline is, what ran before it did, and versions files that people
// have changed. Asked at times, and whenever somebody says that there is something to see.

import type { Logger } from 'pino';
import type { World } from '../../protocol/world.ts';
import { Fault } from '../../states/faults.ts';
import type { EnvironmentName } from '../../states/ids.ts';
import { wantedVersions } from '../../states/wanted.ts';
import { readHeads } from '../rollout/keys.ts';
import type { LoadedStates, StatesReader } from '../services/states.ts';
import { missingDigests, type WantedOptions } from '../services/wanted.ts';
import type { Source } from '../source/source.ts';
import type { Store } from '../store/store.ts';
import { stageOf } from './change.ts';
import { pipelineOf } from './define.ts';
import type { PipelineDriver } from './driver.ts';
import type { ReleaseDraft } from './events.ts';
import { originOf } from './releases.ts';
import { versionsPath } from './versions-file.ts';

export interface WatcherOptions {
  readonly pipeline: PipelineDriver;
  readonly states: StatesReader;
  readonly source: Pick<Source, 'lastChange'>;
  readonly store: Store;
  readonly digestOf: NonNullable<WantedOptions['digestOf']>;
  readonly world: World;
  readonly log: Logger;
  /** Time between two looks, in ms; it varies by a fifth so that many masters do not ask at once. */
  readonly pollMs: number;
}

export class StatesWatcher {
  readonly #options: WatcherOptions;
  readonly #stop = new AbortController();
  #turn: Promise<void> = Promise.resolve();
  #polling: Promise<void> = Promise.resolve();

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** `then` is done after each look that began by time. */
  start(then: () => Promise<void>): void {
    this.#polling = this.#poll(then);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#polling;
    await this.#turn.catch(() => undefined);
  }

  /** Throws what reading the states throws. One look after the other. */
  look(): Promise<void> {
    const turn = this.#turn.catch(() => undefined).then(() => this.#look());
    this.#turn = turn;
    return turn;
  }

  async #poll(then: () => Promise<void>): Promise<void> {
    const { world, pollMs, log } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.look()
        .then(then)
        .catch((error: unknown) => {
          // Whoever asks for the status is told; what runs is not touched by that.
          if (!(error instanceof Fault))
            log.error({ err: error }, 'the states could not be looked at');
        });
      await world.sleep(pollMs * (0.8 + 0.4 * world.random()), signal).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { pipeline, states } = this.#options;
    const { definition: before } = pipeline.pipeline;
    const known = new Map(
      before.stages.map(({ environment: name }) => [name, pipeline.file(name)]),
    );
    const loaded = await states.read();
    const definition = pipelineOf(loaded.states);
    await pipeline.tell({ type: 'defined', definition });
    const { commit } = loaded;
    // A plain directory has no commits, and so no versions that anybody could have written.
    if (commit === null) return;
    for (const { environment } of definition.stages) {
      // Written while the states were read: they may be older than that.
      if (known.get(environment) !== pipeline.file(environment)) continue;
      await this.#lookAt(environment, { ...loaded, commit });
    }
  }

  async #lookAt(environment: EnvironmentName, loaded: Committed): Promise<void> {
    const { pipeline, source } = this.#options;
    const path = versionsPath(environment);
    const text = textOf(loaded, path);
    const known = pipeline.file(environment);
    if (known === undefined) await this.#adopt(environment, loaded);
    if (known?.text === text || (known === undefined && text === null)) return;
    if (text === null) {
      const file = { text, commit: loaded.commit };
      // Without a file nothing is wished for; what runs goes on.
      await pipeline.tell({ type: 'tick' }, { environment, file });
      return;
    }
    const change = await source.lastChange(path, loaded.commit);
    if (change === undefined) return;
    const { commit, author: actor, ours, revertsOurs: revert } = change;
    const seen = { environment, file: { text, commit } };
    if (ours && known !== undefined) {
      await pipeline.tell({ type: 'tick' }, seen);
      return;
    }
    const release = await this.#draft(environment, loaded, actor);
    await pipeline.tell(
      { type: 'edited', environment, actor, release, commit, revert, force: null },
      seen,
    );
  }

  /** What runs there by the last rollout that succeeded, before the pipeline began anything. */
  async #adopt(environment: EnvironmentName, { commit }: Committed): Promise<void> {
    const { pipeline, store } = this.#options;
    if (stageOf(pipeline.pipeline, environment)?.current !== null) return;
    const heads = await readHeads(store, environment);
    const runs = heads.find(({ phase }) => phase === 'succeeded');
    if (runs === undefined) return;
    const release = { images: runs.images, origin: originOf('adoption', 'master') };
    await pipeline.tell({ type: 'adopted', environment, release, commit: runs.commit ?? commit });
  }

  async #draft(
    environment: EnvironmentName,
    { states }: Committed,
    actor: string,
  ): Promise<ReleaseDraft> {
    const digests = await missingDigests(states, environment, this.#options.digestOf);
    const images = wantedVersions(states, environment).flatMap(
      ({ name, repository, tag, digest = digests.get(name), commit }) =>
        digest === undefined
          ? []
          : [{ name, repository, tag, digest, ...(commit !== undefined && { commit }) }],
    );
    return { images, origin: originOf('edit', actor) };
  }
}

type Committed = LoadedStates & { readonly commit: string };

function textOf({ files }: LoadedStates, path: string): string | null {
  const file = files.get(path);
  return file !== undefined && 'bytes' in file ? Buffer.from(file.bytes).toString() : null;
}
