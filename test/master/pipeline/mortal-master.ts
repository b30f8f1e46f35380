// A whole master as a process of its own, which SIGKILL ends right before or right after it has
// committed for the nth time. Run with its directory, and with `before 7` or `after 7`.

import { pino } from 'pino';
import { startDaemon } from '../../../master/daemon.ts';
import { openStore } from '../../../master/store/sqlite.ts';
import type { Store } from '../../../master/store/store.ts';

const [dir = '', moment, at] = process.argv.slice(2);
let commits = 0;

/** No handler runs, nothing is flushed, no file is closed: the kernel takes the process away. */
function dies(now: 'before' | 'after'): void {
  if (now === moment && commits === Number(at)) process.kill(process.pid, 'SIGKILL');
}

async function mortal(path: string): Promise<Store> {
  const store = await openStore(path);
  const commit: Store['commit'] = (...what) => {
    commits += 1;
    dies('before');
    // SQLite has written all there is to write by the time it returns.
    const done = store.commit(...what);
    dies('after');
    return done;
  };
  return {
    commit,
    get: (key) => store.get(key),
    range: (prefix, options) => store.range(prefix, options),
    watch: (prefix, revision, signal) => store.watch(prefix, revision, signal),
    revision: () => store.revision(),
    close: () => store.close(),
  };
}

const log = pino({ level: process.env['BRINE_LOG'] ?? 'silent' });
await startDaemon({ dir, log, openStore: mortal });
const parent = process.ppid;
// Whoever started it may be gone without a word.
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 1_000);
