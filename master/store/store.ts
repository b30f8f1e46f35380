// The one durable place, with the semantics of etcd: revisions that grow by one with every commit,
// compare-and-set commits over several keys, ranges by prefix, and a watch that misses nothing.

export interface Entry<T = unknown> {
  readonly key: string;
  readonly value: T;
  /** The revision of the commit that last wrote this key; 0 stands for "absent" in a compare. */
  readonly revision: number;
}

export interface Compare {
  readonly key: string;
  readonly revision: number;
}

export type Write = { readonly put: string; readonly value: unknown } | { readonly delete: string };

/** What was written names this revision when it is changed next. */
export interface Committed {
  readonly revision: number;
}

export interface Change {
  readonly key: string;
  /** Undefined for a deletion. */
  readonly value: unknown;
  readonly revision: number;
}

export interface Store {
  get(key: string): Promise<Entry | undefined>;
  /** Entries whose key begins with `prefix`, by key; `after` is exclusive, `reverse` from the end. */
  range(
    prefix: string,
    options?: { readonly after?: string; readonly limit?: number; readonly reverse?: boolean },
  ): Promise<readonly Entry[]>;
  /** All writes or none, durable when it resolves; undefined when a compare did not hold. */
  commit(compares: readonly Compare[], writes: readonly Write[]): Promise<Committed | undefined>;
  /** Changes of keys with the prefix after `revision`, in order, until the signal fires. */
  watch(prefix: string, revision: number, signal: AbortSignal): AsyncIterable<Change>;
  revision(): Promise<number>;
  close(): Promise<void>;
}
