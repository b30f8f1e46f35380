// Shortens a wait of the kernel's that is longer than Docker's whole switch. Docker publishes a port of
// the host some 200 ms before the new container has its address. Whoever asks in between makes the kernel
// look for that address, and where nobody answers it looks again only after a second. On the bridges of
// our own networks, and on no others, it looks again sooner.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Engine } from './engine/engine.ts';

const kernel = '/proc/sys/net/ipv4/neigh';

export interface NeighboursOptions {
  readonly engine: Pick<Engine, 'ownBridges'>;
  readonly log: Logger;
  /** How soon it is asked for again; undefined leaves the kernel's own. */
  readonly retryMs: number | undefined;
}

/** Never rejects: without it everything works, and a switch takes up to a second longer. */
export async function hastenNeighbours(options: NeighboursOptions): Promise<void> {
  const { engine, log, retryMs } = options;
  if (retryMs === undefined) return;
  try {
    for (const bridge of await engine.ownBridges()) {
      const path = join(kernel, bridge, 'retrans_time_ms');
      if (Number(await readFile(path, 'utf8')) > retryMs) await writeFile(path, String(retryMs));
    }
  } catch (error) {
    // Without root, or in a container, the kernel's settings are not ours to make.
    log.debug({ err: error }, 'the bridges keep the wait of the kernel');
  }
}
