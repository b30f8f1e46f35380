// Starts the one that clears up after this process, should it not come to that itself.

import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** `record` is that of a host on somebody's Engine; without it, of all fleets of this process. */
export function keepWatch(record?: string): void {
  const keeper = join(import.meta.dirname, 'keeper.ts');
  const what = record === undefined ? [] : [record];
  const child = spawn(process.execPath, [keeper, String(process.pid), ...what], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env['PATH'] },
  });
  child.unref();
  // A pipe of a child is a socket, which alone would keep this process from ending.
  if (child.stdin !== null && 'unref' in child.stdin) (child.stdin.unref as () => void)();
}
