// Docker 20.10 that is killed while it starts a container may lose the port of that for good, until it is
// started once more (docs/errors.md, PORT_STALE). Who runs a host does that when it is told to.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from './host.ts';

/** Watches until `over`, and starts Docker once more should it have lost a port. */
export async function freeLostPort(host: Host, over: Promise<unknown>): Promise<void> {
  let isOver = false;
  const end = (): void => void (isOver = true);
  over.then(end, end);
  while (!isOver) {
    const ids = await host.docker('ps', '--all', '--quiet').catch(() => '');
    const all = ids.split('\n').filter((id) => id !== '');
    const format = '{{.State.Error}}';
    const errors = all.length === 0 ? '' : await inspected(host, format, all);
    if (errors.includes('port is already allocated')) {
      await host.killDocker();
      await host.startDocker();
      return;
    }
    await sleep(500);
  }
}

const inspected = (host: Host, format: string, ids: readonly string[]): Promise<string> =>
  host.docker('inspect', '--format', format, ...ids).catch(() => '');
