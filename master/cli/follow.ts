// A stream of events that outlives its connection: when the master goes away it is asked again from
// the last number seen, for some seconds, and only then given up.

import type { World } from '../../protocol/world.ts';
import { Fault, fault } from '../../states/faults.ts';
import { isLive, type StreamItem } from '../events.ts';
import { withQuery, type Client } from './client.ts';

export interface Followed {
  readonly environment?: string;
  readonly rollout?: string;
  readonly host?: string;
}

interface FollowOptions {
  readonly client: Client;
  readonly filter: Followed;
  /** Events with greater numbers are told. */
  readonly since: number;
  readonly world: World;
  readonly signal: AbortSignal;
}

/** `line` is the item as it came. `lost` and `back` tell of the connection itself. */
export type FollowedItem =
  | { readonly type: 'item'; readonly item: StreamItem; readonly line: string }
  | { readonly type: 'lost'; readonly since: number }
  | { readonly type: 'back' };

const retryMs = 250;
export const graceMs = 30_000;

export async function* follow(options: FollowOptions): AsyncGenerator<FollowedItem> {
  const { client, filter, world, signal } = options;
  let since = options.since;
  let lostSince: number | undefined;
  while (!signal.aborted) {
    try {
      for await (const line of client.lines(
        withQuery('/v1/events', { ...filter, since, follow: 1 }),
        signal,
      )) {
        if (lostSince !== undefined) yield { type: 'back' };
        lostSince = undefined;
        if (line === '') continue;
        const item = JSON.parse(line) as StreamItem;
        if (!isLive(item)) since = Math.max(since, item.seq);
        yield { type: 'item', item, line };
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isGone(error)) throw error;
    }
    if (signal.aborted) return;
    if (lostSince === undefined) {
      lostSince = world.now();
      yield { type: 'lost', since: lostSince };
    }
    if (world.now() - lostSince > graceMs) throw lost();
    await world.sleep(retryMs, signal).catch(() => undefined);
  }
}

/** Asks until the master answers or the grace is over; for what must be known after a stream. */
export async function insist<T>(ask: () => Promise<T>, world: World): Promise<T> {
  const deadline = world.now() + graceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isGone(error)) throw error;
      if (world.now() > deadline) throw lost();
      await world.sleep(retryMs);
    }
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof Fault && error.data.code === 'MASTER_DOWN';

const lost = (): Fault =>
  fault(
    'MASTER_DOWN',
    `lost the master for ${graceMs / 1_000} s; what it began goes on on the hosts`,
  );
