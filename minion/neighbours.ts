// Shortens a wait of the kernel's that is longer than Docker's whole switch. Docker publishes a port of
// the host some 200 ms before the new container has its address. Whoever asks in between makes the kernel
// look for that address, and where nobody answers it looks again only after a second. On the bridges of
// our own networks, and on no others, it looks again sooner.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Engine } from './engine/engine.ts';

interface NeighboursOptions {
  readonly engine: Pick<Engine, 'ownBridges'>;
  readonly log: Logger;
  /** How soon it is asked for again; undefined leaves the kernel's own. */
  readonly retryMs: number | undefined;
  /** Where the kernel shows what it does on each bridge. */
  readonly kernel?: string;
}

/** Never rejects: without it everything works, and a switch takes up to a second longer. */
export async function hastenNeighbours(options: NeighboursOptions): Promise<void> {
  const { engine, log, retryMs, kernel = '/proc/sys/net/ipv4/neigh' } = options;
  if (retryMs === undefined) return;
  try {
    const bridges = await engine.ownBridges();
    const paths = bridges.map((bridge) => join(kernel, bridge, 'retrans_time_ms'));
    // Each by itself: a network that goes meanwhile keeps no other from it.
    for (const end of await Promise.allSettled(paths.map((path) => hasten(path, retryMs)))) {
      if (end.status === 'rejected') throw end.reason;
    }
  } catch (error) {
    // Without root, or in a container, the kernel's settings are not ours to make.
    log.debug({ err: error }, 'the bridges keep the wait of the kernel');
  }
}

/** Never makes longer what somebody has made shorter. */
async function hasten(path: string, retryMs: number): Promise<void> {
  if (Number(await readFile(path, 'utf8')) > retryMs) await writeFile(path, String(retryMs));
}
