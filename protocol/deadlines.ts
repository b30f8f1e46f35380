// Deadlines of any number of questions on one timer, which runs only while there are some: cheaper by
// far than a timer for each that is nearly always called off. Told a little late, never early.

import type { World } from './world.ts';

const stepMs = 50;

export class Deadlines {
  readonly #world: World;
  readonly #due = new Map<number, Set<() => void>>();
  #step = 0;
  #running = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Gives back what calls it off. */
  after(ms: number, late: () => void): () => void {
    // The step that is under way may be nearly over.
    const step = this.#step + 1 + Math.ceil(ms / stepMs);
    const others = this.#due.get(step) ?? new Set();
    this.#due.set(step, others.add(late));
    if (!this.#running) void this.#run();
    return () => {
      others.delete(late);
      if (others.size === 0 && this.#due.get(step) === others) this.#due.delete(step);
    };
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#due.size > 0) {
      await this.#world.sleep(stepMs);
      this.#step += 1;
      const late = this.#due.get(this.#step);
      this.#due.delete(this.#step);
      for (const each of late ?? []) each();
    }
    this.#running = false;
  }
}
