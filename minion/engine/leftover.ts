// Ends what a command left behind: Docker has no call that stops a command it began in a container,
// and a probe that hangs would leave one more process there every time.

import { readFile } from 'node:fs/promises';

/**
 * Kills the process group of `pid`, as this machine counts processes. Nothing is killed unless the
 * kernel itself says that the process belongs to this container: on another machine, or from inside
 * another container, the same number is a stranger.
 */
export async function endLeftover(pid: number, containerId: string): Promise<void> {
  if (!Number.isInteger(pid) || pid <= 1 || !/^[0-9a-f]{64}$/.test(containerId)) return;
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  if (!groups.includes(containerId)) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself, or does not lead its group.
  }
}
