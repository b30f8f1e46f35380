// For how long a client has no answer while a service is upgraded: asked every 20 ms, on a port of the
// host where the old one must stop first, by the service's name inside its network where it need not.

import { hostPort, network } from './floor-place.ts';
import { gapDuring } from './gap.ts';
import { figure, inTurns } from './measure.ts';
import type { Setting } from './setting.ts';
import { swarmNetwork, swarmPort, type Order } from './swarm.ts';

export const gaps = {
  gap_stop_first: async (setting: Setting): Promise<void> => {
    const { address } = setting.host;
    const at = (port: number) => ({ url: `http://${address}:${port}/` });
    const swarm = await setting.swarm();
    await swarm.create('stop-first', setting.image);
    await setting.bareUpgrade();
    const took = await inTurns({
      ours: () =>
        gapDuring({ url: setting.url }, async () => {
          await setting.commit();
          await setting.apply();
        }),
      floor: () => gapDuring(at(hostPort), () => setting.bareUpgrade()),
      swarm: () => gapDuring(at(swarmPort), () => setting.swarmUpgrade()),
    });
    figure('gap_stop_first', took.ours, 'ms', took);
    await setting.stopBare();
  },
  gap_start_first: async (setting: Setting): Promise<void> => {
    const order: Order = 'start-first';
    const swarm = await setting.swarm();
    await swarm.create(order, setting.image);
    await setting.commitBeside(['web']);
    await setting.apply();
    await setting.bareUpgrade(order);
    const beside = await clientIn(setting, network);
    const besideSwarm = await clientIn(setting, swarmNetwork);
    const named = (name: string) => `http://${name}:8080/`;
    const took = await inTurns({
      ours: () =>
        gapDuring({ url: named('web'), beside }, async () => {
          await setting.commitBeside(['web']);
          await setting.apply();
        }),
      floor: () => gapDuring({ url: named('bare'), beside }, () => setting.bareUpgrade(order)),
      swarm: () =>
        gapDuring({ url: named(swarm.nameOf(order)), beside: besideSwarm }, () =>
          setting.swarmUpgrade(order),
        ),
    });
    figure('gap_start_first', took.ours, 'ms', took);
    await setting.stopBare();
  },
};

/** A container that does nothing; who asks stands in its network. */
async function clientIn({ host, image }: Setting, inside: string) {
  const name = `client-${inside}`;
  const wanted = ['--detach', '--name', name, '--network', inside, '--no-healthcheck'];
  await host.docker('run', ...wanted, image);
  const pid = Number(await host.docker('inspect', '--format', '{{.State.Pid}}', name));
  // Docker's own name server, at this address in the network of every container.
  return { pid, nameServer: '127.0.0.11' };
}
