// A service that answers by turns, over real HTTP on loopback: it is refused, and told as what it is.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Engine } from '../../../minion/engine/engine.ts';
import { awaitHealthy } from '../../../minion/health/await-healthy.ts';
import { realWorld } from '../../../protocol/world.ts';
import { specOf } from '../samples.ts';

let server: Server;
afterEach(() => server.close());

/** What it comes to, and how often it was asked from its first yes on. */
async function outcomeOf(answers: (turn: number) => boolean) {
  let turn = 0;
  server = createServer((_request, response) => {
    response.writeHead(answers(turn++) ? 200 : 503).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const probe = { kind: 'http', port, path: '/up', timeoutMs: 1_000 } as const;
  const spec = specOf('api', {
    healthcheck: { ...probe, intervalMs: 50, startMs: 400, retries: 3 },
    minHealthyMs: 300,
  });
  const addresses = { 'starfall-beta': '127.0.0.1' };
  const engine = {
    inspect: async () => ({ status: 'running', restarts: 0, oomKilled: false, addresses }),
  } as unknown as Engine;
  const { signal } = new AbortController();
  const ready: number[] = [];
  const outcome = await awaitHealthy(
    { name: 'starfall-beta-api-1', spec, network: 'starfall-beta', restarts: 0 },
    {
      ...{ engine, world: realWorld, signal },
      onReady: () => void ready.push(turn),
      onAnswer: () => undefined,
    },
  );
  return { outcome, asked: turn, ready };
}

it('refuses a service that says yes, no, no and so on, and says how often it was no', async () => {
  const { outcome, asked, ready } = await outcomeOf((turn) => turn % 3 === 0);
  const failed = asked - Math.ceil(asked / 3);
  const counts = `${failed} of ${asked} probes failed since its first yes`;
  expect(outcome).toMatchObject({
    ...{ healthy: false, code: 'CONTAINER_UNHEALTHY' },
    message: `it answered, but never for 0.3 s without a break: ${counts}`,
  });
  expect(ready).toEqual([1]);
});

it('takes a service that stumbles once and then goes on', async () => {
  const { outcome, ready } = await outcomeOf((turn) => turn !== 1);
  expect(outcome).toMatchObject({ healthy: true });
  expect(ready).toEqual([1]);
});
