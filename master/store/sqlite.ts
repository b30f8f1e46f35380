// The store in one SQLite file, held by one process alone. The only file that imports node:sqlite;
// keys, values and revisions behave as they would in etcd.

import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { Fault, fault } from '../../states/faults.ts';
import { bounds, checkedWrites, type StoredChange } from './keys.ts';
import { migrations as ownMigrations } from './migrations.ts';
import type { Change, Committed, Compare, Entry, Store, Write } from './store.ts';

interface StoreOptions {
  readonly migrations?: readonly string[];
  /** A watch may begin this many revisions back. */
  readonly revisionsKept?: number;
}

export async function openStore(path: string, options: StoreOptions = {}): Promise<Store> {
  const { migrations = ownMigrations, revisionsKept = 10_000 } = options;
  try {
    // Made here first, so that nobody but the owner can ever read it; SQLite's own files follow.
    closeSync(openSync(path, 'a', 0o600));
    const database = new DatabaseSync(path);
    try {
      lock(database, path);
      migrate(database, migrations, path);
      return new SqliteStore(database, path, revisionsKept);
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw unusable(error, path);
  }
}

/** Held until the process ends, however it ends; no second master gets past it. */
function lock(database: DatabaseSync, path: string): void {
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE; COMMIT');
  } catch (error) {
    if (errorCode(error) !== sqliteBusy) throw error;
    throw fault('MASTER_BUSY', 'the store is held by a running master', { where: path });
  }
}

function migrate(database: DatabaseSync, migrations: readonly string[], path: string): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (found > migrations.length) {
    const message = `the store was written by a newer Brine (schema ${found}, known here: ${migrations.length})`;
    throw fault('STORE_UNUSABLE', message, { where: path });
  }
  if (found === migrations.length) return;
  transact(database, () => {
    for (const step of migrations.slice(found)) database.exec(step);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

function transact<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const done = work();
    database.exec('COMMIT');
    return done;
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

const pageRows = 500;

class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #revisionsKept: number;
  readonly #statements = new Map<string, StatementSync>();
  #revision: number;
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(database: DatabaseSync, path: string, revisionsKept: number) {
    this.#database = database;
    this.#path = path;
    this.#revisionsKept = revisionsKept;
    const newest = this.#prepare('SELECT max(revision) AS revision FROM changes').get();
    this.#revision = Number(newest?.revision ?? 0);
  }

  async get(key: string): Promise<Entry | undefined> {
    const row = this.#prepare('SELECT key, value, revision FROM entries WHERE key = ?').get(key);
    return row === undefined ? undefined : entryOf(row);
  }

  async range(
    prefix: string,
    { after = '', limit = -1, reverse = false }: Parameters<Store['range']>[1] = {},
  ): Promise<readonly Entry[]> {
    const [from, end] = bounds(prefix);
    const past = reverse ? 'key < ?3' : 'key > ?3';
    const rows = this.#prepare(
      `SELECT key, value, revision FROM entries
       WHERE key >= ?1 AND key < ?2 AND (?3 = '' OR ${past})
       ORDER BY key ${reverse ? 'DESC' : 'ASC'} LIMIT ?4`,
    ).all(from, end, after, limit);
    return rows.map(entryOf);
  }

  async commit(
    compares: readonly Compare[],
    writes: readonly Write[],
  ): Promise<Committed | undefined> {
    const changes = checkedWrites(writes);
    try {
      const revision = transact(this.#database, () => this.#write(compares, changes));
      if (revision === undefined) return undefined;
      if (revision > this.#revision) this.#announce(revision);
      return { revision };
    } catch (error) {
      throw unusable(error, this.#path);
    }
  }

  async *watch(prefix: string, revision: number, signal: AbortSignal): AsyncGenerator<Change> {
    const [from, end] = bounds(prefix);
    let at = { revision, position: Number.MAX_SAFE_INTEGER };
    while (!signal.aborted && !this.#closed) {
      this.#refuseCompacted(at.revision);
      const newest = this.#revision;
      const rows = this.#prepare(
        `SELECT revision, position, key, value FROM changes
         WHERE (revision, position) > (?1, ?2) AND key >= ?3 AND key < ?4
         ORDER BY revision, position LIMIT ?5`,
      ).all(at.revision, at.position, from, end, pageRows);
      for (const row of rows) {
        at = { revision: Number(row.revision), position: Number(row.position) };
        yield changeOf(row);
        if (signal.aborted) return;
      }
      if (rows.length === pageRows) continue;
      at = { revision: Math.max(revision, newest), position: Number.MAX_SAFE_INTEGER };
      if (this.#revision === newest) await this.#changed(signal);
    }
  }

  async revision(): Promise<number> {
    return this.#revision;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wakeAll();
    this.#database.close();
  }

  #write(compares: readonly Compare[], changes: readonly StoredChange[]): number | undefined {
    const revisionOf = this.#prepare('SELECT revision FROM entries WHERE key = ?');
    const present = (key: string): number => Number(revisionOf.get(key)?.revision ?? 0);
    if (compares.some(({ key, revision }) => present(key) !== revision)) return undefined;
    // As in etcd, taking away what is not there changes nothing and makes no revision.
    const real = changes.filter(({ key, value }) => value !== null || present(key) > 0);
    if (real.length === 0) return this.#revision;
    const next = this.#revision + 1;
    const put = this.#prepare('INSERT OR REPLACE INTO entries VALUES (?, ?, ?)');
    const remove = this.#prepare('DELETE FROM entries WHERE key = ?');
    const record = this.#prepare('INSERT INTO changes VALUES (?, ?, ?, ?)');
    real.forEach(({ key, value }, position) => {
      if (value === null) remove.run(key);
      else put.run(key, value, next);
      record.run(next, position, key, value);
    });
    this.#prepare('DELETE FROM changes WHERE revision <= ?').run(next - this.#revisionsKept);
    return next;
  }

  #announce(revision: number): void {
    this.#revision = revision;
    this.#wakeAll();
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted || this.#closed) wake();
    });
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #refuseCompacted(from: number): void {
    const oldest = this.#prepare('SELECT min(revision) AS revision FROM changes').get();
    const first = Number(oldest?.revision ?? 1);
    if (from >= first - 1) return;
    const message = `changes after revision ${from} are no longer kept; the oldest is ${first}`;
    throw fault('STORE_COMPACTED', message, { where: this.#path });
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#database.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

type Row = Record<string, SQLOutputValue>;

const entryOf = (row: Row): Entry => ({
  key: String(row.key),
  value: JSON.parse(String(row.value)) as unknown,
  revision: Number(row.revision),
});

const changeOf = (row: Row): Change => ({
  key: String(row.key),
  value: typeof row.value === 'string' ? (JSON.parse(row.value) as unknown) : undefined,
  revision: Number(row.revision),
});

const sqliteBusy = 5;
/** Wrong SQL, a broken constraint, a type or a call that does not fit: our own doing. */
const sqliteDefects: ReadonlySet<unknown> = new Set([1, 19, 20, 21, 25]);

const errorCode = (error: unknown): unknown => (error as { errcode?: unknown } | null)?.errcode;

/** SQLite's and the file system's own errors as a fault; a defect of ours stays what it is. */
function unusable(error: unknown, path: string): unknown {
  if (error instanceof Fault || !(error instanceof Error)) return error;
  const code = errorCode(error);
  const outside = code === undefined ? 'syscall' in error : !sqliteDefects.has(code);
  if (!outside) return error;
  return fault('STORE_UNUSABLE', error.message, { where: path }, { cause: error });
}
