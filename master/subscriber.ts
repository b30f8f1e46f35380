// One reader of the live events, with a queue that cannot grow: progress gives way first, and then
// the queue is given up for what stands in the store.

import type { StreamItem } from './events.ts';

export interface EventFilter {
  readonly environment?: string;
  readonly rollout?: string;
  readonly host?: string;
}

export function pass(item: StreamItem, filter: EventFilter): boolean {
  return (
    (filter.environment === undefined || item.environment === filter.environment) &&
    (filter.rollout === undefined || item.rollout === filter.rollout) &&
    (filter.host === undefined || item.host === filter.host)
  );
}

export const queueItemsMax = 1_000;

export class Subscriber {
  readonly #filter: EventFilter;
  #queue: StreamItem[] = [];
  #progressQueued = 0;
  #overflowed = false;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(filter: EventFilter) {
    this.#filter = filter;
  }

  offer(item: StreamItem): void {
    if (this.#overflowed || this.#ended || !pass(item, this.#filter)) return;
    const lossy = item.kind === 'progress';
    if (this.#queue.length >= queueItemsMax && !this.#makeRoom(lossy)) return;
    this.#queue.push(item);
    if (lossy) this.#progressQueued += 1;
    this.#wake();
  }

  /** After an overflow the reader has gone back to the store; the queue begins anew. */
  restart(): void {
    this.#overflowed = false;
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Until it ends or overflows. */
  async *items(): AsyncGenerator<StreamItem> {
    while (!this.#ended && !this.#overflowed) {
      const item = this.#queue.shift();
      if (item === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      if (item.kind === 'progress') this.#progressQueued -= 1;
      yield item;
    }
  }

  #makeRoom(forProgress: boolean): boolean {
    if (this.#progressQueued > 0) {
      const oldest = this.#queue.findIndex((item) => item.kind === 'progress');
      this.#queue.splice(oldest, 1);
      this.#progressQueued -= 1;
      return true;
    }
    if (forProgress) return false;
    this.#queue = [];
    this.#overflowed = true;
    this.#wake();
    return false;
  }
}
