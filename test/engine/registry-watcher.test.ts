// New versions as a real registry tells of them: by its own notifications, and when it is asked.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command, EventOf } from '../../master/pipeline/events.ts';
import { receiveHook, type Hook } from '../../master/triggers/hooks.ts';
import { RegistryWatcher } from '../../master/triggers/registry-watcher.ts';
import { realWorld } from '../../protocol/world.ts';
import { loadStates } from '../../states/load.ts';
import type { States } from '../../states/states.ts';
import { until } from '../e2e/product.ts';
import { RegistryProcess } from './registry-process.ts';

const secret = 'correct-horse-battery';
const hooks = new Map<string, Hook>([['registry', { kind: 'distribution', secret }]]);

let registry: RegistryProcess;
let receiver: Server;
let watcher: RegistryWatcher;
const told: EventOf<'images'>[] = [];
const looking: (readonly string[])[] = [];

function statesOf(address: string): States {
  const files: Record<string, string> = {
    'brine.yaml': `project: starfall
registries: { "${address}": { insecure: true } }
images:
  api: { repository: "${address}/team/api", track: { semver: "^1.0.0" } }
  web: { repository: "${address}/team/web" }
pipeline: { beta: {} }
`,
    'services/api.yaml': 'image: api\n',
    'environments/beta.yaml': 'hosts: ring=beta\n',
    'versions/beta.yaml': 'images: { api: { tag: "1.0.0" } }\n',
  };
  const loaded = loadStates(
    new Map(Object.entries(files).map(([path, text]) => [path, { bytes: Buffer.from(text) }])),
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded.states;
}

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { headers } = request;
      const call = { headers, secretInUrl: undefined, body: Buffer.concat(parts) };
      receiveHook(hooks, 'registry', call, {
        hint: (hints) => watcher.hint(hints),
        pushed: () => undefined,
      }).then(
        (answer) => {
          looking.push(answer.looking);
          response.end();
        },
        () => response.writeHead(403).end(),
      );
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const endpoint = [
    `{ name: brine, url: "http://127.0.0.1:${port}/v1/hooks/registry",`,
    `headers: { Authorization: ["Bearer ${secret}"] },`,
    'timeout: 1s, threshold: 5, backoff: 1s }',
  ].join(' ');
  registry = await RegistryProcess.start(() => `notifications: { endpoints: [${endpoint}] }`);
  const states = statesOf(registry.address);
  watcher = new RegistryWatcher({
    states: { newest: () => Promise.resolve({ states }) },
    pipeline: {
      command: (command: Command) => {
        if (command.type === 'images') told.push(command);
        return Promise.resolve();
      },
    },
    look: () => Promise.resolve(),
    world: realWorld,
    log: pino({ level: 'silent' }),
    pollMs: 3_600_000,
  });
});
afterAll(async () => {
  await watcher.close();
  await registry.close();
  receiver.closeAllConnections();
  receiver.close();
});

const newest = (): string | undefined => told.at(-1)?.images[0]?.tag;

describe('a push', () => {
  it('is heard of at once, and looked up at the registry itself', async () => {
    const labels = { 'org.opencontainers.image.revision': '3e1f0ab' };
    const digest = await registry.push('team/api', '1.0.0', {}, { labels });
    await until('the push is told', () => Promise.resolve(newest() === '1.0.0'));
    const [first] = told;
    expect(first?.images).toEqual([
      {
        ...{ name: 'api', repository: `${registry.address}/team/api`, tag: '1.0.0' },
        ...{ digest, commit: '3e1f0ab' },
      },
    ]);
    expect(first?.origin).toMatchObject({ kind: 'registry', commit: '3e1f0ab' });
  });

  it('of what nobody follows, or of an older version, is no release', async () => {
    const before = told.length;
    await registry.push('team/web', '9.0.0');
    await registry.push('team/api', '0.9.0');
    await registry.push('team/api', '1.1.0');
    await until('the newer one is told', () => Promise.resolve(newest() === '1.1.0'));
    expect(told.length).toBe(before + 1);
    expect(looking.some((names) => names.length === 0)).toBe(true);
  });

  it('whose hook is lost is found by asking', async () => {
    const { port } = receiver.address() as AddressInfo;
    await new Promise((resolve) => {
      receiver.closeAllConnections();
      receiver.close(resolve);
    });
    await registry.push('team/api', '1.2.0');
    watcher.start();
    await until('it is found', () => Promise.resolve(newest() === '1.2.0'));
    await new Promise<void>((resolve) => receiver.listen(port, '127.0.0.1', resolve));
  });

  it('that comes ten times in a row costs few looks and tells the last', async () => {
    const before = told.length;
    for (let turn = 0; turn < 10; turn += 1) await registry.push('team/api', `1.3.${turn}`);
    await until('the last is told', () => Promise.resolve(newest() === '1.3.9'));
    expect(told.length).toBeLessThanOrEqual(before + 10);
  });
});
