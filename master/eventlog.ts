// The history: events get their numbers here, are stored in the commit of the transition they tell,
// and go to who listens once that commit is durable.

import type { World } from '../protocol/world.ts';
import { fault } from '../states/faults.ts';
import {
  isLive,
  type BrineEvent,
  type LiveItem,
  type NewEvent,
  type StreamItem,
} from './events.ts';
import { pass, Subscriber, type EventFilter } from './subscriber.ts';
import type { Committed, Compare, Store, Write } from './store/store.ts';

export type { EventFilter } from './subscriber.ts';

const eventLimits = { kept: 100_000, pageRows: 500, newestShown: 1_000 } as const;

const prefix = 'events/';
const keyOf = (seq: number): string => `${prefix}${String(seq).padStart(16, '0')}`;

export class EventLog {
  readonly #store: Store;
  readonly #world: World;
  readonly #kept: number;
  readonly #subscribers = new Set<Subscriber>();
  #newest: number;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(store: Store, world: World, state: { newest: number; kept: number }) {
    this.#store = store;
    this.#world = world;
    this.#newest = state.newest;
    this.#kept = state.kept;
  }

  static async open(
    store: Store,
    world: World,
    kept: number = eventLimits.kept,
  ): Promise<EventLog> {
    return new EventLog(store, world, { newest: await newestIn(store), kept });
  }

  get newest(): number {
    return this.#newest;
  }

  /** The caller's writes and its events in one commit; undefined when a compare did not hold. */
  commit(
    compares: readonly Compare[],
    writes: readonly Write[],
    events: readonly NewEvent[],
  ): Promise<Committed | undefined> {
    const turn = this.#turn.then(() => this.#commit(compares, writes, events));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** A step on the way: told to who listens now, and kept nowhere. */
  publish(live: LiveItem): void {
    for (const subscriber of this.#subscribers) subscriber.offer(live);
  }

  /** The newest `limit` events after `seq` that pass the filter, in order. */
  async since(
    seq: number,
    filter: EventFilter,
    limit: number = eventLimits.newestShown,
  ): Promise<BrineEvent[]> {
    const found: BrineEvent[] = [];
    let before = this.#newest + 1;
    while (found.length < limit && before > seq + 1) {
      const page = await this.#page({ after: keyOf(before), reverse: true });
      for (const event of page) {
        before = event.seq;
        if (event.seq > seq && pass(event, filter) && found.length < limit) found.push(event);
      }
      if (page.length < eventLimits.pageRows) break;
    }
    return found.reverse();
  }

  /** Stored events after `since`, then live ones; throws when the reader falls too far behind. */
  async *subscribe(
    filter: EventFilter,
    since: number,
    signal: AbortSignal,
  ): AsyncGenerator<StreamItem> {
    const subscriber = new Subscriber(filter);
    this.#subscribers.add(subscriber);
    const wake = (): void => {
      subscriber.end();
    };
    signal.addEventListener('abort', wake, { once: true });
    try {
      let at = since;
      let started = false;
      while (!signal.aborted) {
        // What did not fit into the queue is in the store, as is all that came before.
        subscriber.restart();
        for await (const event of this.#stored(at, started)) {
          at = event.seq;
          started = true;
          if (pass(event, filter)) yield event;
          if (signal.aborted) return;
        }
        started = true;
        for await (const item of subscriber.items()) {
          if (!isLive(item)) {
            if (item.seq <= at) continue;
            at = item.seq;
          }
          yield item;
          if (signal.aborted) return;
        }
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.#subscribers.delete(subscriber);
    }
  }

  async #commit(
    compares: readonly Compare[],
    writes: readonly Write[],
    events: readonly NewEvent[],
  ): Promise<Committed | undefined> {
    const at = this.#world.now();
    const numbered = events.map((event, index): BrineEvent => ({
      ...event,
      seq: this.#newest + 1 + index,
      at,
    }));
    const free = numbered.slice(0, 1).map(({ seq }) => ({ key: keyOf(seq), revision: 0 }));
    const done = await this.#store.commit(
      [...compares, ...free],
      [
        ...writes,
        ...numbered.map((event) => ({ put: keyOf(event.seq), value: event })),
        ...numbered
          .map(({ seq }) => seq - this.#kept)
          .filter((seq) => seq > 0)
          .map((seq) => ({ delete: keyOf(seq) })),
      ],
    );
    if (done === undefined) return undefined;
    this.#newest += numbered.length;
    for (const event of numbered) {
      for (const subscriber of this.#subscribers) subscriber.offer(event);
    }
    return done;
  }

  async *#stored(after: number, gapless: boolean): AsyncGenerator<BrineEvent> {
    let at = after;
    let expected = gapless ? after + 1 : undefined;
    while (at < this.#newest) {
      const page = await this.#page({ after: keyOf(at) });
      if (page.length === 0) return;
      for (const event of page) {
        if (expected !== undefined && event.seq !== expected) throw tooSlow(expected);
        expected = event.seq + 1;
        at = event.seq;
        yield event;
      }
    }
  }

  /** Lets others have their turn between pages: one reader of all of it must not hold up the rest. */
  async #page(from: { after: string; reverse?: boolean }): Promise<readonly BrineEvent[]> {
    await new Promise((resolve) => setImmediate(resolve));
    const rows = await this.#store.range(prefix, { ...from, limit: eventLimits.pageRows });
    return rows.map(({ value }) => value as BrineEvent);
  }
}

async function newestIn(store: Store): Promise<number> {
  const [last] = await store.range(prefix, { reverse: true, limit: 1 });
  return last === undefined ? 0 : (last.value as BrineEvent).seq;
}

const tooSlow = (seq: number): Error =>
  fault('STORE_COMPACTED', `event ${seq} is no longer kept; the reader was too slow`);
