// Docker is killed while it starts a container that publishes a port. Docker 20.10 loses the port then,
// for good until it is started once more: the change must wait for that, say so, and end well.

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Desire } from '../../protocol/messages.ts';
import { until } from '../e2e/product.ts';
import { MinionHost, port } from './minion-host.ts';

let host: MinionHost;
let lost = 0;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  host = await MinionHost.start();
  await host.build('1.0.0');
  await host.build('1.1.0');
  await host.clear();
  await host.reached([host.api('1.0.0')]);
});
afterAll(() => host?.close());

const isTold = ({ generation }: Desire, phase: string): boolean =>
  host.progress.some((each) => each.generation === generation && each.phase === phase);

const socket = `:${port.toString(16).toUpperCase()} 00000000:0000 0A`;

/** Docker itself listens on a port from the moment it has booked it; the minion is in its network. */
async function untilBooked(): Promise<void> {
  for (let turn = 0; turn < 4_000; turn += 1) {
    if ((await readFile(`/proc/${host.pid}/net/tcp`, 'utf8')).includes(socket)) return;
    await sleep(5);
  }
  throw new Error('Docker does not start it');
}

it.each([
  ['1.1.0', 0],
  ['1.0.0', 30],
  ['1.1.0', 80],
  ['1.0.0', 150],
  ['1.1.0', 300],
])(
  'a change to %s ends well, with Docker killed %i ms after it booked the port',
  async (tag, ms) => {
    const desire = host.desire([host.api(tag)]);
    await until('it is started', async () => isTold(desire, 'starting'));
    await untilBooked();
    await sleep(ms);
    await host.host.killDocker();
    await sleep(300);
    await host.host.startDocker();
    const stale = 'Docker counts port 18080 of this host as taken';
    const isLost = (): boolean =>
      host.progress.some(
        ({ generation, detail }) => generation === desire.generation && detail.startsWith(stale),
      );
    const isOver = (): boolean =>
      host.reports.some((each) => each.generation === desire.generation);
    await until('it is over, or waits for Docker', async () => isOver() || isLost(), 60_000);
    if (isLost()) {
      lost += 1;
      // Nothing is given up meanwhile, and nothing is tried that does not help.
      await sleep(1_000);
      expect(isOver()).toBe(false);
      expect(isTold(desire, 'reverting')).toBe(false);
      expect(await host.running()).toEqual([]);
      await host.host.killDocker();
      await host.host.startDocker();
    }
    const report = await host.report(desire, 60_000);
    expect(report.failures).toEqual([]);
    expect(report).toMatchObject({ outcome: 'done', now: 'new' });
    expect(await host.served()).toBe(tag);
    expect(await host.running()).toHaveLength(1);
    host.progress.length = 0;
  },
);

it('at least one of them lost the port', () => {
  expect(lost).toBeGreaterThan(0);
});
