// After the master has started, its hosts link again within seconds. Who asks about them in that time
// waits for those that were linked when it ended, and takes nobody for missing too soon.

import { limits } from '../../protocol/limits.ts';
import type { World } from '../../protocol/world.ts';
import type { HostBook } from '../hosts.ts';
import type { HostRecord } from '../views/hosts.ts';

interface SettlingOptions {
  readonly world: World;
  readonly hosts: Pick<HostBook, 'all'>;
  readonly connected: () => readonly string[];
}

/** No minion waits longer before it tries again. */
const settleMsMax = limits.reconnectMsMax;
const lookMs = 50;

/** Resolves when all are linked that should be, or when the time for that is over. */
export function settling({ world, hosts, connected }: SettlingOptions): () => Promise<void> {
  const end = world.now() + settleMsMax;
  return async () => {
    // By looks too: a clock that is put back keeps nobody waiting.
    for (let looks = 0; looks < settleMsMax / lookMs && world.now() < end; looks += 1) {
      const linked = new Set<string>(connected());
      const expected = (await hosts.all()).filter(wasLinked);
      if (expected.every(({ id }) => linked.has(id))) return;
      await world.sleep(lookMs);
    }
  };
}

const wasLinked = ({ away, lastSeen }: HostRecord): boolean => away !== true && lastSeen !== null;
