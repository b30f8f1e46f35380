// Figures of a small fleet that has nothing to do: how fast it says so, how fast it is there, and how
// much memory it takes.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bin } from '../e2e/product.ts';
import { sleep } from '../fleet/process.ts';
import { figure, inTurns, repeated, rss, timed } from './measure.ts';
import { nodeAlone } from './programs.ts';
import type { Setting } from './setting.ts';

const idleMs = 30_000;

export const idle = {
  noop_apply: async (setting: Setting): Promise<void> => {
    const { ours, floor } = await inTurns({
      ours: () => setting.apply(),
      floor: () => setting.bareList(),
    });
    figure('noop_apply', ours, 'ms', { floor });
  },
  ping_all: async ({ product }: Setting): Promise<void> => {
    const { ours, floor } = await inTurns({
      ours: () => timed(bin('master'), ['ping', '--dir', product.masterDir]),
      floor: nodeAlone,
    });
    figure('ping_all', ours, 'ms', { floor });
  },
  /** From `minion start` to the master's own word that it is linked. */
  minion_link: async ({ product, host }: Setting): Promise<void> => {
    const log = join(product.dir, 'master.log');
    const links = async (): Promise<number> =>
      (await readFile(log, 'utf8')).split('"msg":"linked"').length - 1;
    const value = await repeated(async () => {
      await product.killMinion(host, 'SIGTERM');
      const before = await links();
      const from = performance.now();
      product.startMinion(host);
      while ((await links()) === before) {
        if (performance.now() - from > idleMs) throw new Error('the minion does not link');
        await sleep(1);
      }
      return performance.now() - from;
    });
    figure('minion_link', value, 'ms');
  },
  rss_master_idle: async (setting: Setting): Promise<void> => {
    await quiet(setting);
    figure('rss_master_idle', await rss(setting.product.masterPid), 'MB');
  },
  /** Of a minion that has run since the beginning. */
  rss_minion_idle: async (setting: Setting): Promise<void> => {
    await quiet(setting);
    const [minion] = [...setting.product.minions.values()].slice(-1);
    if (minion !== undefined) figure('rss_minion_idle', await rss(minion.pid), 'MB');
  },
};

const waited = new WeakSet<Setting>();

async function quiet(setting: Setting): Promise<void> {
  if (waited.has(setting)) return;
  waited.add(setting);
  await sleep(idleMs);
}
