// What may stand in the store: which keys, which values, and the order of keys under a prefix. Any
// store keeps to it, so that moving from one to another changes nothing.

import type { Write } from './store.ts';

export interface StoredChange {
  readonly key: string;
  readonly value: string | null;
}

const keyPattern = /^[\x21-\x7e]{1,512}$/;

/** Keys are printable ASCII, so that order by bytes, by characters and in etcd are one. */
export function checkedWrites(writes: readonly Write[]): readonly StoredChange[] {
  const changes = writes.map((write) =>
    'delete' in write
      ? { key: write.delete, value: null }
      : { key: write.put, value: textOf(write.value) },
  );
  const keys = new Set(changes.map(({ key }) => key));
  if (keys.size !== changes.length) throw new Error('one commit writes a key twice');
  return changes.map(({ key, value }) => {
    if (!keyPattern.test(key)) throw new Error(`not a key: ${JSON.stringify(key)}`);
    if (value === undefined) throw new Error(`no value for ${key}`);
    return { key, value };
  });
}

/** Undefined for a function or undefined itself, whatever the library's types say. */
const textOf = (value: unknown): string | undefined => JSON.stringify(value);

/** From the first key with the prefix to before the first one past them. */
export const bounds = (prefix: string): readonly [string, string] => [prefix, `${prefix}\x7f`];
