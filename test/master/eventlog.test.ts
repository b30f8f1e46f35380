import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog, type EventFilter } from '../../master/eventlog.ts';
import type { BrineEvent, LiveProgress, NewEvent, StreamItem } from '../../master/events.ts';
import { openStore } from '../../master/store/sqlite.ts';
import type { Store } from '../../master/store/store.ts';
import { queueItemsMax } from '../../master/subscriber.ts';
import { realWorld } from '../../protocol/world.ts';
import { until } from './store/suite.ts';

let dir: string;
let store: Store;
let log: EventLog;
let clock = 0;
const world = { ...realWorld, now: () => (clock += 1) };

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'brine-events-'));
  store = await openStore(join(dir, 'store.db'));
  log = await EventLog.open(store, world);
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true });
});

const event = (message: string, more: { environment?: string; host?: string } = {}): NewEvent => ({
  kind: 'fleet',
  what: 'linked',
  actor: 'master',
  cause: 'test',
  message,
  ...more,
});

const progress = (detail: string, environment = 'beta'): LiveProgress => ({
  kind: 'progress',
  at: 0,
  host: 'web-1',
  environment,
  progress: { environment, generation: 1, phase: 'pulling', detail, at: 0 } as never,
});

const name = (item: StreamItem): string => {
  if (item.kind === 'output') return `>${item.lines.join()}`;
  return item.kind === 'progress' ? `~${item.progress.detail}` : item.message;
};

/** Reads a subscription in the background; `stop` ends it. */
function listen(filter: EventFilter, since: number) {
  const stop = new AbortController();
  const seen: StreamItem[] = [];
  const done = (async () => {
    for await (const item of log.subscribe(filter, since, stop.signal)) seen.push(item);
  })();
  return {
    seen,
    names: () => seen.map(name),
    stop: () => {
      stop.abort();
      return done;
    },
  };
}

describe('a commit', () => {
  it('writes the transition and its events together, numbered without a gap', async () => {
    await log.commit([], [{ put: 'x', value: 1 }], [event('one'), event('two')]);
    await log.commit([], [], [event('three')]);
    const events = await log.since(0, {});
    expect(events.map(({ seq, message }) => [seq, message])).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ]);
    expect((await store.get('x'))?.revision).toBe(
      (await store.get('events/0000000000000002'))?.revision,
    );
    expect(log.newest).toBe(3);
  });

  it('that does not hold writes and tells nothing, and takes no number', async () => {
    const reader = listen({}, 0);
    const compare = { key: 'x', revision: 9 };
    expect(await log.commit([compare], [{ put: 'x', value: 1 }], [event('no')])).toBeUndefined();
    expect(await log.commit([], [], [event('yes')])).toEqual({ revision: 1 });
    await until(() => reader.seen.length > 0);
    expect(reader.seen).toMatchObject([{ seq: 1, message: 'yes' }]);
    await reader.stop();
  });

  it('that fails does not stop the ones after it', async () => {
    const bad = log.commit([], [{ put: 'not a key', value: 1 }], [event('no')]);
    const good = log.commit([], [], [event('yes')]);
    await expect(bad).rejects.toThrow('not a key');
    expect(await good).toEqual({ revision: 1 });
    expect(log.newest).toBe(1);
  });

  it('goes on with the numbers after a restart', async () => {
    await log.commit([], [], [event('one'), event('two')]);
    const again = await EventLog.open(store, world);
    await again.commit([], [], [event('three')]);
    expect((await again.since(1, {})).map(({ seq }) => seq)).toEqual([2, 3]);
  });

  it('keeps only so many events', async () => {
    const short = await EventLog.open(store, world, 3);
    for (const message of ['a', 'b', 'c', 'd', 'e']) await short.commit([], [], [event(message)]);
    expect((await store.range('events/')).map(({ value }) => (value as BrineEvent).seq)).toEqual([
      3, 4, 5,
    ]);
  });
});

describe('since', () => {
  it('gives the newest that pass the filter, over many pages', async () => {
    const many = Array.from({ length: 1_300 }, (_, index) =>
      event(String(index + 1), { environment: index % 2 === 0 ? 'beta' : 'prod' }),
    );
    await log.commit([], [], many);
    const beta = await log.since(0, { environment: 'beta' }, 600);
    expect([beta.length, beta[0]?.seq, beta.at(-1)?.seq]).toEqual([600, 101, 1_299]);
    expect((await log.since(1_297, {})).map(({ seq }) => seq)).toEqual([1_298, 1_299, 1_300]);
    expect(await log.since(1_300, {})).toEqual([]);
  });
});

describe('a subscription', () => {
  it('tells what is stored after `since`, then what comes, filtered', async () => {
    await log.commit([], [], [event('1'), event('2', { host: 'web-1' }), event('3')]);
    const all = listen({}, 1);
    const one = listen({ host: 'web-1', environment: 'beta' }, 0);
    await until(() => all.seen.length === 2);
    log.publish(progress('pull'));
    log.publish(progress('elsewhere', 'prod'));
    await log.commit([], [], [event('4', { host: 'web-1', environment: 'beta' })]);
    await until(() => all.seen.length === 5 && one.seen.length === 2);
    expect(all.names()).toEqual(['2', '3', '~pull', '~elsewhere', '4']);
    expect(one.names()).toEqual(['~pull', '4']);
    await Promise.all([all.stop(), one.stop()]);
  });

  it('has no gap and no duplicate, wherever it begins in a run of commits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 700 }), fc.constant('yield' as const)), {
          maxLength: 8,
        }),
        fc.nat(900),
        async (run, since) => {
          const before = log.newest;
          const reader = listen({}, before + since);
          for (const each of run) {
            if (each === 'yield') await new Promise((resolve) => setImmediate(resolve));
            else
              await log.commit(
                [],
                [],
                Array.from({ length: each }, () => event('x')),
              );
          }
          const expected = Math.max(0, log.newest - before - since);
          await until(() => reader.seen.length >= expected);
          await reader.stop();
          const numbers = reader.seen.map((item) => (item as BrineEvent).seq);
          expect(numbers).toEqual(
            Array.from({ length: expected }, (_, index) => before + since + 1 + index),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it('of a slow reader loses progress first, and no event ever', async () => {
    const stop = new AbortController();
    const reader = log.subscribe({}, 0, stop.signal)[Symbol.asyncIterator]();
    const first = reader.next();
    await log.commit([], [], [event('first')]);
    expect(name((await first).value as StreamItem)).toBe('first');
    for (let index = 0; index < queueItemsMax; index += 1) log.publish(progress(String(index)));
    await log.commit([], [], [event('kept')]);
    const seen: string[] = [];
    while (seen.at(-1) !== 'kept') seen.push(name((await reader.next()).value as StreamItem));
    expect([seen.length, seen[0]]).toEqual([queueItemsMax, '~1']);
    const many = Array.from({ length: queueItemsMax + 50 }, (_, index) => event(`e${index}`));
    await log.commit([], [], many);
    await log.commit([], [], [event('last')]);
    const events: string[] = [];
    while (events.at(-1) !== 'last') events.push(name((await reader.next()).value as StreamItem));
    expect(events).toEqual([...many.map(({ message }) => message), 'last']);
    stop.abort();
  });

  it('of a reader that falls behind what is kept ends with the reason', async () => {
    log = await EventLog.open(store, world, 500);
    const reader = log.subscribe({}, 0, new AbortController().signal)[Symbol.asyncIterator]();
    const first = reader.next();
    await log.commit([], [], [event('first')]);
    await first;
    for (let turn = 0; turn < 3; turn += 1) {
      await log.commit(
        [],
        [],
        Array.from({ length: 499 }, () => event('x')),
      );
    }
    await expect(reader.next()).rejects.toMatchObject({ data: { code: 'STORE_COMPACTED' } });
  });

  it('ends with its signal, also while it waits', async () => {
    const reader = listen({}, 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await reader.stop();
    await log.commit([], [], [event('late')]);
    expect(reader.seen).toEqual([]);
  });
});
