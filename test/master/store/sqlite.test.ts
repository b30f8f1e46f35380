import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { migrations } from '../../../master/store/migrations.ts';
import { openStore } from '../../../master/store/sqlite.ts';
import { storeSuite } from './suite.ts';

const root = mkdtempSync(join(tmpdir(), 'brine-store-'));
let count = 0;
const freshPath = (): string => join(root, `${(count += 1)}.db`);

afterAll(() => {
  rmSync(root, { recursive: true });
});

storeSuite('sqlite', () => openStore(freshPath()));

describe('the SQLite store', () => {
  let path: string;
  beforeEach(() => {
    path = freshPath();
  });

  it('keeps everything, its revision too, when opened again', async () => {
    const first = await openStore(path);
    await first.commit([], [{ put: 'a', value: [1] }]);
    await first.commit([], [{ put: 'b', value: 2 }]);
    await first.commit([], [{ delete: 'b' }]);
    await first.close();
    const again = await openStore(path);
    expect(await again.range('')).toEqual([{ key: 'a', value: [1], revision: 1 }]);
    expect(await again.commit([], [{ put: 'b', value: 3 }])).toEqual({ revision: 4 });
    await again.close();
  });

  it('is readable by its owner alone', async () => {
    const store = await openStore(path);
    await store.commit([], [{ put: 'a', value: 1 }]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('brings an older schema up, and keeps what stands in it', async () => {
    const older = await openStore(path, { migrations });
    await older.commit([], [{ put: 'a', value: 'old' }]);
    await older.close();
    const newer = [...migrations, 'CREATE TABLE later (x); INSERT INTO later VALUES (1)'];
    for (let turn = 0; turn < 2; turn += 1) {
      const store = await openStore(path, { migrations: newer });
      expect((await store.get('a'))?.value).toBe('old');
      await store.close();
    }
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--disable-warning=ExperimentalWarning', '-e'],
      `const { DatabaseSync } = require('node:sqlite');
       console.log(new DatabaseSync(${JSON.stringify(path)})
         .prepare('SELECT count(*) AS rows FROM later').get().rows)`,
    ]);
    expect(stdout.trim()).toBe('1');
  });

  it('leaves the old schema as it was when a step fails', async () => {
    await (await openStore(path)).close();
    const broken = [...migrations, 'CREATE TABLE later (x)', 'NOT SQL'];
    await expect(openStore(path, { migrations: broken })).rejects.toThrow('syntax error');
    const mended = [...migrations, 'CREATE TABLE later (x)'];
    await (await openStore(path, { migrations: mended })).close();
  });

  it('refuses a schema that is newer than it knows', async () => {
    const newer = [...migrations, 'CREATE TABLE later (x)'];
    await (await openStore(path, { migrations: newer })).close();
    await expect(openStore(path)).rejects.toMatchObject({
      data: {
        code: 'STORE_UNUSABLE',
        message: `the store was written by a newer Brine (schema ${newer.length}, known here: ${migrations.length})`,
        where: path,
      },
    });
  });

  it('refuses a file that is no database, and a directory that is not there', async () => {
    writeFileSync(path, 'no database '.repeat(1_000));
    const unusable = { data: { code: 'STORE_UNUSABLE' } };
    await expect(openStore(path)).rejects.toMatchObject(unusable);
    await expect(openStore(join(root, 'no', 'where.db'))).rejects.toMatchObject(unusable);
  });

  it('belongs to one process, and to the next as soon as that one was killed', async () => {
    const held = await holder(path);
    const busy = { data: { code: 'MASTER_BUSY', where: path } };
    await expect(openStore(path)).rejects.toMatchObject(busy);
    held.kill('SIGKILL');
    await new Promise((resolve) => held.once('close', resolve));
    const store = await openStore(path);
    await expect(openStore(path)).rejects.toMatchObject(busy);
    expect((await store.get('held'))?.value).toBe(true);
    await store.close();
  });

  it('says so when a watch asks for what is no longer kept', async () => {
    const store = await openStore(path, { revisionsKept: 3 });
    for (let value = 1; value <= 5; value += 1) await store.commit([], [{ put: 'a', value }]);
    const { signal } = new AbortController();
    const first = (revision: number) => store.watch('', revision, signal)[Symbol.asyncIterator]();
    await expect(first(1).next()).rejects.toMatchObject({ data: { code: 'STORE_COMPACTED' } });
    expect(await first(2).next()).toMatchObject({ value: { value: 3, revision: 3 } });
    await store.close();
  });

  it('does not call a quiet watch too slow', async () => {
    const store = await openStore(path, { revisionsKept: 3 });
    const stop = new AbortController();
    const quiet = store.watch('quiet', 0, stop.signal)[Symbol.asyncIterator]();
    const next = quiet.next();
    for (let value = 1; value <= 9; value += 1) {
      await store.commit([], [{ put: 'loud', value }]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await store.commit([], [{ put: 'quiet', value: true }]);
    expect(await next).toMatchObject({ value: { key: 'quiet', revision: 10 } });
    stop.abort();
    await store.close();
  });
});

/** A process that holds the store open until it is killed. */
async function holder(path: string): Promise<ReturnType<typeof spawn>> {
  const module = JSON.stringify(join(import.meta.dirname, '../../../master/store/sqlite.ts'));
  const program = `
    const { openStore } = await import(${module});
    const store = await openStore(${JSON.stringify(path)});
    await store.commit([], [{ put: 'held', value: true }]);
    process.stdout.write('open');
    setInterval(() => {}, 1000);`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}
