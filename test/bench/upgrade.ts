// The whole command that brings a new version to hosts, all at once, on a port of the host; against the
// bare Docker calls that do the same, and against Swarm.

import { figure, inTurns } from './measure.ts';
import type { Setting } from './setting.ts';

export const upgrade =
  (name: string) =>
  async (setting: Setting): Promise<void> => {
    const swarm = await setting.swarm();
    await swarm.create('stop-first', setting.image);
    const took = await inTurns({
      ours: async () => {
        await setting.commit();
        return setting.apply();
      },
      floor: () => setting.bareUpgrade(),
      swarm: () => setting.swarmUpgrade(),
    });
    figure(name, took.ours, 'ms', took);
    await setting.stopBare();
  };
