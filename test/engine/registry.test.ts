// The master's questions to a real registry: open, behind a password, behind tokens, ill, and gone.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resolveDigest } from '../../master/registry.ts';
import type { World } from '../../protocol/world.ts';
import { digestOf, RegistryProcess } from './registry-process.ts';

/** Waits take no time, and are counted. */
function quickWorld(): World & { readonly slept: number[] } {
  const slept: number[] = [];
  let now = 0;
  return {
    slept,
    now: () => now,
    random: () => 0.5,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

const servers: Server[] = [];
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const code = (expected: string) => ({ data: { code: expected } });

describe('an open registry', () => {
  let registry: RegistryProcess;
  let digest: string;
  beforeAll(async () => {
    registry = await RegistryProcess.start();
    digest = await registry.push('team/api', '1.0.0');
  });
  afterAll(() => registry.close());

  const repository = (): string => `${registry.address}/team/api`;

  it('tells the digest of a tag', async () => {
    expect(await resolveDigest({ repository: repository(), tag: '1.0.0' })).toBe(digest);
  });

  it('has no such tag, or no such repository', async () => {
    await expect(resolveDigest({ repository: repository(), tag: '9' })).rejects.toMatchObject({
      data: { code: 'IMAGE_NOT_FOUND', message: `the registry has no ${repository()}:9` },
    });
    const other = `${registry.address}/team/other`;
    await expect(resolveDigest({ repository: other, tag: '1.0.0' })).rejects.toMatchObject(
      code('IMAGE_NOT_FOUND'),
    );
  });

  it('is asked again while it is ill, as it asks to be', async () => {
    const answers = [503, 429, 500];
    const address = await serve((request, response) => {
      const status = answers.shift();
      if (status === 429) response.setHeader('retry-after', '2');
      if (status !== undefined) response.writeHead(status).end();
      else {
        void fetch(`http://${registry.address}${request.url}`, {
          method: request.method ?? 'GET',
          headers: { accept: request.headers.accept ?? '' },
        }).then(({ status: code, headers }) => {
          response.writeHead(code, Object.fromEntries(headers)).end();
        });
      }
    });
    const world = quickWorld();
    const asked = { repository: `${address}/team/api`, tag: '1.0.0', world };
    expect(await resolveDigest(asked)).toBe(digest);
    expect(world.slept).toEqual([150, 2_000, 600]);
  });

  it('that names no digest is read whole', async () => {
    const address = await serve((request, response) => {
      response.end(request.method === 'GET' ? 'the bytes of a manifest' : undefined);
    });
    expect(await resolveDigest({ repository: `${address}/api`, tag: '1' })).toBe(
      digestOf(Buffer.from('the bytes of a manifest')),
    );
  });

  it('that is gone is tried until the deadline, and found again when it is back', async () => {
    await registry.stop();
    const world = quickWorld();
    const asked = { repository: repository(), tag: '1.0.0', world, deadlineMs: 3_000 };
    await expect(resolveDigest(asked)).rejects.toMatchObject({
      data: { code: 'REGISTRY_DOWN', where: registry.address },
    });
    expect(world.slept.length).toBeGreaterThan(2);
    expect(world.now()).toBeLessThan(3_000);
    const patient = resolveDigest({ repository: repository(), tag: '1.0.0' });
    await registry.start();
    expect(await patient).toBe(digest);
  });

  it('stops asking when it is told to', async () => {
    const address = await serve(() => undefined);
    const stop = new AbortController();
    const asked = resolveDigest({ repository: `${address}/a`, tag: '1', signal: stop.signal });
    setTimeout(() => {
      stop.abort();
    }, 30);
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a registry that sends on', () => {
  it('is followed on its own host, and nowhere else', async () => {
    const seen: string[] = [];
    const elsewhere = await serve((request, response) => {
      seen.push(request.url ?? '');
      response.end();
    });
    const address = await serve((request, response) => {
      const digest = `sha256:${'a'.repeat(64)}`;
      if (request.url === '/moved') response.setHeader('docker-content-digest', digest).end();
      else if (request.url?.includes('/near/') === true)
        response.writeHead(307, { location: '/moved' }).end();
      else response.writeHead(307, { location: `http://${elsewhere}/v2/x` }).end();
    });
    expect(await resolveDigest({ repository: `${address}/near`, tag: '1' })).toBe(
      `sha256:${'a'.repeat(64)}`,
    );
    await expect(resolveDigest({ repository: `${address}/far`, tag: '1' })).rejects.toMatchObject(
      code('REGISTRY_DOWN'),
    );
    expect(seen).toEqual([]);
  });
});
