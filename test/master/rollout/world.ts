// A clock that stands still until a test moves it.

import type { World } from '../../../protocol/world.ts';

export class HeldWorld implements World {
  #now = Date.UTC(2026, 10, 24);
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { until: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(new DOMException('ended', 'AbortError'));
      });
    });
  }

  /** The moment of the first sleeper to wake; undefined where nobody sleeps. */
  get next(): number | undefined {
    const moments = [...this.#sleepers].map(({ until }) => until);
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  async pass(ms: number): Promise<void> {
    this.#now += ms;
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.until > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    await quiet();
  }
}

/** Until everything that can go on by itself has. */
export async function quiet(): Promise<void> {
  for (let round = 0; round < 50; round += 1) await new Promise((done) => setImmediate(done));
}
