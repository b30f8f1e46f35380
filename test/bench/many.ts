// Figures of a host that has much to run: fifty services, each probed by its minion.

import { sleep } from '../fleet/process.ts';
import { cpuSeconds, figure, inTurns } from './measure.ts';
import type { Setting } from './setting.ts';

const services = 50;
const quietMs = 5_000;
const watchedMs = 20_000;

export const many = {
  noop_apply_50_services: async (setting: Setting): Promise<void> => {
    await startAll(setting);
    const { ours, floor } = await inTurns({
      ours: () => setting.apply(),
      floor: () => setting.bareList(),
    });
    figure('noop_apply_50_services', ours, 'ms', { floor });
  },
  /** Of one core; nothing changes and nobody asks. */
  minion_idle_cpu: async (setting: Setting): Promise<void> => {
    await startAll(setting);
    const minion = setting.product.minions.get(setting.host.name);
    if (minion === undefined) throw new Error('no minion was started');
    await sleep(quietMs);
    const before = await cpuSeconds(minion.pid);
    await sleep(watchedMs);
    const used = (await cpuSeconds(minion.pid)) - before;
    figure('minion_idle_cpu', (used / watchedMs) * 100_000, '%');
  },
};

const full = new WeakSet<Setting>();

/** The first service is there already. */
async function startAll(setting: Setting): Promise<void> {
  if (full.has(setting)) return;
  full.add(setting);
  await setting.commitBeside(Array.from({ length: services - 1 }, (_, at) => `service-${at + 1}`));
  await setting.apply();
}
