import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../master/pipeline/events.ts';
import { RegistryWatcher } from '../../../master/triggers/registry-watcher.ts';
import { realWorld, type World } from '../../../protocol/world.ts';
import { fault } from '../../../states/faults.ts';
import { loadStates } from '../../../states/load.ts';

let registry: Server;
let address: string;
/** The tags are listed, and no manifest is there yet. */
let missing: boolean;

const config = JSON.stringify({
  ...{ os: 'linux', architecture: 'amd64', created: '2026-11-24T08:00:00Z' },
  config: {
    Labels: { 'org.opencontainers.image.revision': '3e1f0ab', 'brine.subject': 'List orders' },
  },
});
const digestOf = (text: string): string =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;
const manifest = JSON.stringify({ config: { digest: digestOf(config) } });

/** One repository with one version, as the registry's protocol says it. */
beforeEach(async () => {
  missing = false;
  registry = createServer((request, response) => {
    const path = request.url ?? '';
    if (missing && path.includes('/manifests/')) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}');
      return;
    }
    const body = path.includes('/tags/list')
      ? JSON.stringify({ name: 'api', tags: ['1.0.0'] })
      : path.includes('/manifests/')
        ? manifest
        : config;
    const type = path.includes('/manifests/')
      ? 'application/vnd.oci.image.manifest.v1+json'
      : 'application/json';
    response.writeHead(200, { 'content-type': type, 'docker-content-digest': digestOf(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  address = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
});

afterEach(() => {
  registry.close();
  registry.closeAllConnections();
});

const files = (): Record<string, string> => ({
  'brine.yaml': `project: starfall
registries: { "${address}": { insecure: true } }
images: { api: { repository: "${address}/api", track: { semver: ">=1.0.0" } } }
pipeline: { beta: {} }
`,
  'services/api.yaml': 'image: api\n',
  'environments/beta.yaml': 'hosts: ring=beta\n',
});

function states() {
  const bytes = Object.entries(files()).map(
    ([path, text]) => [path, { bytes: Buffer.from(text) }] as const,
  );
  const loaded = loadStates(new Map(bytes));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded.states;
}

describe('a new version', () => {
  it('of an image that the pipeline does not know yet is told once it has read the states', async () => {
    const told: Command[] = [];
    let known = false;
    const watcher = new RegistryWatcher({
      states: { newest: () => Promise.resolve({ states: states() }) },
      pipeline: {
        command: (command) => {
          if (!known) return Promise.reject(fault('UNKNOWN_NAME', 'brine.yaml has no image api'));
          told.push(command);
          return Promise.resolve();
        },
      },
      look: () => {
        known = true;
        return Promise.resolve();
      },
      ...{ world: realWorld, log: pino({ enabled: false }), pollMs: 86_400_000 },
    });
    watcher.start();
    await expect.poll(() => told).toHaveLength(1);
    await watcher.close();
    expect(told).toMatchObject([
      {
        type: 'images',
        images: [{ name: 'api', tag: '1.0.0', digest: digestOf(manifest), commit: '3e1f0ab' }],
        origin: { kind: 'registry', commit: '3e1f0ab', message: 'List orders' },
      },
    ]);
  });

  it('that a hint tells of before it is there to be read is no warning until the last look', async () => {
    const lines: { readonly level: number; readonly code?: string }[] = [];
    const told: Command[] = [];
    const log = pino(
      { level: 'trace' },
      { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
    );
    // Each wait ends at once; the poll, which waits for a day, only when the watcher is closed.
    const waits: number[] = [];
    const world: World = {
      ...realWorld,
      sleep: (ms, signal) => {
        if (ms > 60_000) return realWorld.sleep(ms, signal);
        waits.push(ms);
        return Promise.resolve();
      },
    };
    const watcher = new RegistryWatcher({
      states: { newest: () => Promise.resolve({ states: states() }) },
      pipeline: { command: (command) => Promise.resolve(told.push(command)) },
      look: () => Promise.resolve(),
      ...{ world, log, pollMs: 86_400_000 },
    });
    missing = true;
    expect(await watcher.hint([{ repository: 'api' }])).toEqual(['api']);
    await expect.poll(() => lines.length).toBe(5);
    await watcher.close();
    expect(waits).toHaveLength(5);
    expect(lines.map(({ level, code }) => [level, code])).toEqual([
      ...Array.from({ length: 4 }, () => [20, 'IMAGE_NOT_FOUND']),
      [40, 'IMAGE_NOT_FOUND'],
    ]);
    expect(told).toEqual([]);
  });
});
