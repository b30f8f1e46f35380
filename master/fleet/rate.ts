// How often a neighbour may ask for something: a burst, and then one at a time. Remembers a bounded
// number of neighbours, the newest ones.

import type { World } from '../../protocol/world.ts';

export interface RateLimits {
  readonly burst: number;
  readonly msEach: number;
  readonly neighboursMax: number;
}

interface Bucket {
  /** What was taken and has not been given back yet. */
  used: number;
  at: number;
}

export class Rate {
  readonly #world: World;
  readonly #limits: RateLimits;
  readonly #buckets = new Map<string, Bucket>();

  constructor(world: World, limits: RateLimits) {
    this.#world = world;
    this.#limits = limits;
  }

  /** Milliseconds to wait; 0 where it may be done now. Nothing is taken by one who must wait. */
  take(neighbour: string): number {
    const used = this.#used(neighbour);
    const waitMs = this.#waitMs(used);
    this.#remember(neighbour, { used: waitMs > 0 ? used : used + 1, at: this.#world.now() });
    return waitMs;
  }

  /** The same, with nothing taken. */
  waitMs(neighbour: string): number {
    return this.#waitMs(this.#used(neighbour));
  }

  #used(neighbour: string): number {
    const known = this.#buckets.get(neighbour);
    if (known === undefined) return 0;
    const given = Math.max(0, this.#world.now() - known.at) / this.#limits.msEach;
    return Math.max(0, known.used - given);
  }

  #waitMs(used: number): number {
    const { burst, msEach } = this.#limits;
    return Math.max(0, Math.ceil((used + 1 - burst) * msEach));
  }

  #remember(neighbour: string, bucket: Bucket): void {
    // The order of a Map is that of setting: the first is the one that was quiet for longest.
    this.#buckets.delete(neighbour);
    this.#buckets.set(neighbour, bucket);
    if (this.#buckets.size <= this.#limits.neighboursMax) return;
    for (const [oldest] of this.#buckets) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
