// One reader of the live events, with a queue that cannot grow: what is only live gives way first, and
// then the queue is given up for what stands in the store.

import { isLive, type StreamItem } from './events.ts';

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
  #liveQueued = 0;
  #overflowed = false;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(filter: EventFilter) {
    this.#filter = filter;
  }

  offer(item: StreamItem): void {
    if (this.#overflowed || this.#ended || !pass(item, this.#filter)) return;
    const lossy = isLive(item);
    if (this.#queue.length >= queueItemsMax && !this.#makeRoom(lossy)) return;
    this.#queue.push(item);
    if (lossy) this.#liveQueued += 1;
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
      if (isLive(item)) this.#liveQueued -= 1;
      yield item;
    }
  }

  #makeRoom(forLive: boolean): boolean {
    if (this.#liveQueued > 0) {
      const oldest = this.#queue.findIndex(isLive);
      this.#queue.splice(oldest, 1);
      this.#liveQueued -= 1;
      return true;
    }
    if (forLive) return false;
    this.#queue = [];
    this.#overflowed = true;
    this.#wake();
    return false;
  }
}
