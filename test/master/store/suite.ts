// What any store must do, whatever keeps it: run against each implementation with its own `open`.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change, Store, Write } from '../../../master/store/store.ts';

export function storeSuite(name: string, open: () => Promise<Store>): void {
  describe(`${name}, as a store`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const put = async (key: string, value: unknown): Promise<number> => {
      const done = await store.commit([], [{ put: key, value }]);
      return done?.revision ?? NaN;
    };

    it('gives back what was put, with the revision of the commit', async () => {
      expect(await store.get('a')).toBeUndefined();
      const first = await put('a', { list: [1, 'ä', null], none: false });
      expect(await store.get('a')).toEqual({
        key: 'a',
        value: { list: [1, 'ä', null], none: false },
        revision: first,
      });
      const second = await put('a', null);
      expect(second).toBe(first + 1);
      expect(await store.get('a')).toEqual({ key: 'a', value: null, revision: second });
      expect(await store.revision()).toBe(second);
    });

    it('commits all writes or none', async () => {
      const at = await put('a', 1);
      const refused = await store.commit(
        [
          { key: 'a', revision: at },
          { key: 'b', revision: 7 },
        ],
        [
          { put: 'a', value: 2 },
          { put: 'c', value: 3 },
        ],
      );
      expect(refused).toBeUndefined();
      expect([(await store.get('a'))?.value, await store.get('c')]).toEqual([1, undefined]);
      expect(await store.revision()).toBe(at);
    });

    it('lets one of two writers win that saw the same', async () => {
      const compare = { key: 'lock', revision: 0 };
      const both = await Promise.all(
        ['x', 'y'].map((value) => store.commit([compare], [{ put: 'lock', value }])),
      );
      expect(both.filter((done) => done !== undefined)).toHaveLength(1);
      expect((await store.get('lock'))?.value).toBe(both[0] === undefined ? 'y' : 'x');
    });

    it('forgets a deleted key: it compares as absent again', async () => {
      await put('a', 1);
      const gone = await store.commit([], [{ delete: 'a' }]);
      expect(await store.get('a')).toBeUndefined();
      expect(await store.commit([], [{ delete: 'a' }])).toEqual(gone);
      expect(await store.commit([{ key: 'a', revision: 0 }], [{ put: 'a', value: 2 }])).toEqual({
        revision: (gone?.revision ?? NaN) + 1,
      });
    });

    it('refuses what no store can keep', async () => {
      const twice = [{ put: 'a', value: 1 }, { delete: 'a' }];
      await expect(store.commit([], twice)).rejects.toThrow('twice');
      await expect(put('a b', 1)).rejects.toThrow('not a key');
      await expect(put('ä', 1)).rejects.toThrow('not a key');
      await expect(put('a', undefined)).rejects.toThrow('no value');
      expect(await store.revision()).toBe(0);
    });

    it('ranges over a prefix, in order, from either end and in pages', async () => {
      for (const key of ['h/b', 'h/a', 'h0', 'h/c', 'g/z', 'h']) await put(key, key);
      const keys = async (...args: Parameters<Store['range']>): Promise<string[]> =>
        (await store.range(...args)).map((entry) => entry.key);
      expect(await keys('h/')).toEqual(['h/a', 'h/b', 'h/c']);
      expect(await keys('h/', { after: 'h/a', limit: 1 })).toEqual(['h/b']);
      expect(await keys('h/', { reverse: true, limit: 2 })).toEqual(['h/c', 'h/b']);
      expect(await keys('h/', { reverse: true, after: 'h/b' })).toEqual(['h/a']);
      expect(await keys('')).toEqual(['g/z', 'h', 'h/a', 'h/b', 'h/c', 'h0']);
      expect(await keys('nothing')).toEqual([]);
    });

    it('watches what was and then what comes, in order and without a gap', async () => {
      const from = await put('w/a', 1);
      await put('w/b', 2);
      await put('other', 0);
      const stop = new AbortController();
      const seen: Change[] = [];
      const watching = (async () => {
        for await (const change of store.watch('w/', from, stop.signal)) seen.push(change);
      })();
      await until(() => seen.length === 1);
      await store.commit([], [{ delete: 'w/a' }, { put: 'w/c', value: 3 }]);
      await put('w/b', 4);
      await until(() => seen.length === 4);
      stop.abort();
      await watching;
      await put('w/b', 5);
      expect(seen).toEqual([
        { key: 'w/b', value: 2, revision: from + 1 },
        { key: 'w/a', value: undefined, revision: from + 3 },
        { key: 'w/c', value: 3, revision: from + 3 },
        { key: 'w/b', value: 4, revision: from + 4 },
      ]);
    });

    it('ends a watch that waits when it closes', async () => {
      const watching = store.watch('', 0, new AbortController().signal)[Symbol.asyncIterator]();
      const next = watching.next();
      await store.close();
      expect(await next).toEqual({ done: true, value: undefined });
    });

    it('is a map with revisions, for any run of commits', async () => {
      await fc.assert(
        fc.asyncProperty(commits, async (run) => {
          const fresh = await open();
          try {
            await agrees(fresh, run);
          } finally {
            await fresh.close();
          }
        }),
        { numRuns: 40 },
      );
    });
  });
}

interface Commit {
  readonly writes: readonly Write[];
  /** A key compared, and whether with the revision it really has. */
  readonly compare: { readonly key: string; readonly right: boolean } | undefined;
}

const key = fc.constantFrom('a', 'a/1', 'a/2', 'a/10', 'b', 'b/~');
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ put: key, value: fc.jsonValue() }),
  fc.record({ delete: key }),
);
const keyOf = (each: Write): string => ('put' in each ? each.put : each.delete);
const commits: fc.Arbitrary<readonly Commit[]> = fc.array(
  fc.record({
    writes: fc.uniqueArray(write, { maxLength: 4, selector: keyOf }),
    compare: fc.option(fc.record({ key, right: fc.boolean() }), { nil: undefined }),
  }),
  { maxLength: 25 },
);

async function agrees(store: Store, run: readonly Commit[]): Promise<void> {
  const model = new Map<string, { value: unknown; revision: number }>();
  const changes: Change[] = [];
  let revision = 0;
  for (const { writes, compare } of run) {
    const present = compare === undefined ? 0 : (model.get(compare.key)?.revision ?? 0);
    const compares =
      compare === undefined
        ? []
        : [{ key: compare.key, revision: compare.right ? present : present + 1 }];
    const holds = compare?.right !== false;
    const real = writes.filter((each) => 'put' in each || model.has(each.delete));
    if (holds && real.length > 0) revision += 1;
    const done = await store.commit(compares, writes);
    expect(done).toEqual(holds ? { revision } : undefined);
    for (const each of holds ? real : []) {
      const value = 'put' in each ? (JSON.parse(JSON.stringify(each.value)) as unknown) : undefined;
      if ('put' in each) model.set(each.put, { value, revision });
      else model.delete(each.delete);
      changes.push({ key: keyOf(each), value, revision });
    }
  }
  for (const prefix of ['', 'a', 'a/']) {
    const expected = [...model]
      .map(([name, entry]) => ({ key: name, ...entry }))
      .filter((entry) => entry.key.startsWith(prefix))
      .sort((one, two) => (one.key < two.key ? -1 : 1));
    expect(await store.range(prefix)).toEqual(expected);
    expect(await store.range(prefix, { reverse: true })).toEqual(expected.toReversed());
  }
  expect(await taken(store, changes.length)).toEqual(changes);
}

async function taken(store: Store, count: number): Promise<readonly Change[]> {
  const seen: Change[] = [];
  const stop = new AbortController();
  if (count === 0) return seen;
  for await (const change of store.watch('', 0, stop.signal)) {
    if (seen.push(change) === count) stop.abort();
  }
  return seen;
}

export async function until(check: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!check()) {
    if (Date.now() > deadline) throw new Error('not within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
