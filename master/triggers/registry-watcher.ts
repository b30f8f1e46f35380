// Looks at registries for new versions of the images that say what they follow: from time to time, and
// at once when a hook hints that there is something to see.

import type { Logger } from 'pino';
import type { World } from '../../protocol/world.ts';
import { Fault } from '../../states/faults.ts';
import type { PinnedImage } from '../../states/model.ts';
import type { Image, States } from '../../states/states.ts';
import { insecureRegistries } from '../../states/wanted.ts';
import type { Command } from '../pipeline/events.ts';
import { parseRepository } from '../registry/place.ts';
import { imagesHinted, type Hint } from './hints.ts';
import { Lookout, type Found } from './look.ts';
import type { Track } from './track.ts';

interface RegistryWatcherOptions {
  readonly states: { newest(): Promise<{ readonly states: States }> };
  readonly pipeline: { command(command: Command): Promise<unknown> };
  /** Has the pipeline read the states anew: it may not know yet of an image that stands there. */
  readonly look: () => Promise<void>;
  readonly world: World;
  readonly log: Logger;
  /** Time between two looks at the same image, in ms; it varies by a fifth. */
  readonly pollMs: number;
}

interface Followed extends Image {
  readonly track: Track;
}

/** Before the first look after a hint, and between it and the next ones. */
const lookAgainMs = [0, 50, 200, 1_000, 5_000] as const;

export class RegistryWatcher {
  readonly #options: RegistryWatcherOptions;
  readonly #lookout = new Lookout();
  readonly #stop = new AbortController();
  /** Image → digest that was told last; what is told twice is the same release, but why tell it. */
  readonly #told = new Map<string, string>();
  #turn: Promise<void> = Promise.resolve();
  #polling: Promise<void> = Promise.resolve();
  #hinted = new Set<string>();

  constructor(options: RegistryWatcherOptions) {
    this.#options = options;
  }

  start(): void {
    this.#polling = this.#poll();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#polling;
    await this.#turn;
  }

  /** Names of the images that are looked at because of the hints; they are looked at afterwards. */
  async hint(hints: readonly Hint[]): Promise<readonly string[]> {
    const followed = await this.#followed();
    const images = hints.flatMap((hint) => imagesHinted(hint, followed));
    const names = [...new Set(images.map(({ name }) => name))].sort();
    // Many pushes in a row cost one look, after the one that is going on.
    const quiet = this.#hinted.size === 0;
    for (const name of names) this.#hinted.add(name);
    if (quiet && names.length > 0) void this.#lookSoon();
    return names;
  }

  async #poll(): Promise<void> {
    const { world, pollMs } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#inTurn(async () => this.#lookAt(await this.#followed()));
      await world.sleep(pollMs * (0.8 + 0.4 * world.random()), signal).catch(() => undefined);
    }
  }

  /** More than once: a registry tells of a push a moment before the tag is there to be read. */
  async #lookSoon(): Promise<void> {
    const { world } = this.#options;
    const names = new Set<string>();
    for (const [index, waitMs] of lookAgainMs.entries()) {
      const isLast = index === lookAgainMs.length - 1;
      await world.sleep(waitMs, this.#stop.signal).catch(() => undefined);
      await this.#inTurn(async () => {
        for (const name of this.#hinted) names.add(name);
        this.#hinted = new Set();
        const followed = await this.#followed();
        await this.#lookAt(
          followed.filter(({ name }) => names.has(name)),
          isLast,
        );
      });
    }
  }

  /** `isLast`: no other look follows soon, so that what is not there now is missing. */
  async #lookAt(images: readonly Followed[], isLast = true): Promise<void> {
    const { states } = await this.#options.states.newest();
    const insecure = insecureRegistries(states);
    for (const image of images) {
      if (this.#stop.signal.aborted) return;
      try {
        const found = await this.#lookout.look({
          repository: image.repository,
          track: image.track,
          insecure: insecure.includes(parseRepository(image.repository, false).registry),
          signal: this.#stop.signal,
        });
        if (found !== undefined) await this.#tell(image, found);
      } catch (error) {
        this.#complain(error, image.name, isLast);
      }
    }
  }

  async #tell(image: Followed, { tag, digest, description }: Found): Promise<void> {
    const { name, repository } = image;
    if (this.#told.get(name) === digest) return;
    const { commit, source, subject } = description;
    const pinned: PinnedImage = { name, repository, tag, digest, ...(commit && { commit }) };
    const command: Command = {
      ...{ type: 'images', images: [pinned], alone: false },
      origin: {
        ...{ kind: 'registry', actor: 'registry', message: subject ?? null },
        ...{ commit: commit ?? null, url: source ?? null },
      },
    };
    const { pipeline, look } = this.#options;
    await pipeline.command(command).catch(async (error: unknown) => {
      if (!(error instanceof Fault) || error.data.code !== 'UNKNOWN_NAME') throw error;
      await look();
      await pipeline.command(command);
    });
    this.#told.set(name, digest);
  }

  /** Without a stage there is nothing that a new version could enter. */
  async #followed(): Promise<readonly Followed[]> {
    const { states } = await this.#options.states.newest();
    if (states.pipeline.size === 0) return [];
    return [...states.images.values()].flatMap(({ track, ...image }) =>
      track === undefined ? [] : [{ ...image, track }],
    );
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#complain(error);
    });
    return this.#turn;
  }

  /** A registry that is away is looked at again; only what is wrong with us is a defect. */
  #complain(error: unknown, image?: string, isLast = true): void {
    if (this.#stop.signal.aborted) return;
    const { log } = this.#options;
    if (error instanceof Fault) {
      const { code, message } = error.data;
      const early = code === 'IMAGE_NOT_FOUND' && !isLast;
      log[early ? 'debug' : 'warn']({ image, code }, message);
    } else log.error({ err: error, image }, 'a registry could not be looked at');
  }
}
