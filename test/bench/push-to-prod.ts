// From the registry's acceptance of a push to healthy in the third stage, one host each, with a trivial
// test in every stage; against the same pulls, container changes, tests and waits made by bare calls.

import { bareLine } from './bare-line.ts';
import { Line } from './line.ts';
import { figure, inTurns } from './measure.ts';

export async function pushToProd(): Promise<void> {
  const line = await Line.start();
  try {
    const { ours, floor } = await inTurns({
      ours: async (turn) => {
        const accepted = await line.push('api', `1.${turn}.0`);
        const healthy = await line.healthyInProd();
        await line.settled();
        return healthy - accepted;
      },
      floor: async (turn) => {
        const tag = `1.${turn}.0`;
        const accepted = await line.push('bare', tag);
        await bareLine(line.hosts, { repository: line.repository('bare'), tag, turn });
        return performance.now() - accepted;
      },
    });
    figure('push_to_prod', ours, 'ms', { floor });
  } finally {
    await line.close();
  }
}
