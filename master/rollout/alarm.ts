// One timer for all rollouts: set to the nearest moment at which time alone changes something.

import type { World } from '../../protocol/world.ts';

/** A clock that was put forward or back is noticed after this long. */
const sleepMsMax = 60_000;

export class Alarm {
  readonly #world: World;
  readonly #ring: () => void;
  #at: number | undefined;
  #stop = new AbortController();
  #closed = false;

  constructor(world: World, ring: () => void) {
    this.#world = world;
    this.#ring = ring;
  }

  /** Unix milliseconds; replaces what was set before. Undefined: not at all. */
  set(at: number | undefined): void {
    if (at === this.#at || this.#closed) return;
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#at = at;
    if (at === undefined) return;
    const wait = Math.min(Math.max(0, at - this.#world.now()), sleepMsMax);
    this.#world.sleep(wait, this.#stop.signal).then(
      () => {
        this.#at = undefined;
        this.#ring();
      },
      () => undefined,
    );
  }

  close(): void {
    this.#closed = true;
    this.#stop.abort();
  }
}
