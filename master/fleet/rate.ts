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
    const { burst, msEach } = this.#limits;
    const now = this.#world.now();
    const known = this.#buckets.get(neighbour);
    const given = known === undefined ? 0 : Math.max(0, now - known.at) / msEach;
    const used = Math.max(0, (known?.used ?? 0) - given);
    const over = used + 1 - burst;
    this.#remember(neighbour, { used: over > 0 ? used : used + 1, at: now });
    return over > 0 ? Math.ceil(over * msEach) : 0;
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
