// What a real registry tells about tags and images, and what the master makes of registries that
// keep their blobs elsewhere or try to send it where it should not go.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeImage, listTags } from '../../master/registry/catalog.ts';
import { Lookout } from '../../master/triggers/look.ts';
import { RegistryProcess } from './registry-process.ts';

let registry: RegistryProcess;
beforeAll(async () => {
  registry = await RegistryProcess.start();
});
afterAll(() => registry.close());

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

const at = (name: string): string => `${registry.address}/${name}`;

describe('a repository', () => {
  it('lists its tags, and one that is not there is told', async () => {
    await registry.push('team/api', '1.0.0');
    await registry.push('team/api', '1.1.0');
    const tags = await listTags({ repository: at('team/api') });
    expect([...tags].sort()).toEqual(['1.0.0', '1.1.0']);
    await expect(listTags({ repository: at('team/none') })).rejects.toMatchObject({
      data: { code: 'IMAGE_NOT_FOUND' },
    });
  });

  it('is read page by page, and only at the registry itself', async () => {
    const asked: string[] = [];
    const address = await serve((request, response) => {
      asked.push(request.url ?? '');
      const first = request.url?.includes('last=') !== true;
      const next = '</v2/api/tags/list?n=1000&last=a>; rel="next"';
      if (first) response.setHeader('link', next);
      response.end(JSON.stringify({ name: 'api', tags: first ? ['a'] : ['b'] }));
    });
    expect(await listTags({ repository: `${address}/api` })).toEqual(['a', 'b']);
    expect(asked).toEqual(['/v2/api/tags/list?n=1000', '/v2/api/tags/list?n=1000&last=a']);
  });
});

describe('an image', () => {
  it('tells when it was made, from which commit, and for what', async () => {
    const labels = {
      'org.opencontainers.image.revision': '3e1f0ab',
      'org.opencontainers.image.source': 'https://git.example.com/api',
    };
    const digest = await registry.push(
      'team/api',
      '1.2.0',
      {},
      {
        created: '2026-01-02T03:04:05Z',
        labels,
      },
    );
    expect(await describeImage({ repository: at('team/api'), digest })).toEqual({
      createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
      commit: '3e1f0ab',
      source: 'https://git.example.com/api',
      platforms: ['linux/amd64'],
    });
  });

  it('of several platforms names them all, and what stands on the list counts most', async () => {
    const one = await registry.push('team/many', 'amd64');
    const body = await fetch(`http://${registry.address}/v2/team/many/manifests/${one}`, {
      headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
    });
    const size = (await body.arrayBuffer()).byteLength;
    const entry = { mediaType: 'application/vnd.docker.distribution.manifest.v2+json', size };
    const digest = await registry.pushManifest('team/many', '1.0', {
      manifest: {
        schemaVersion: 2,
        mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json',
        manifests: [
          { ...entry, digest: one, platform: { os: 'linux', architecture: 'amd64' } },
          {
            ...entry,
            digest: one,
            platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
          },
        ],
      },
    });
    const told = await describeImage({ repository: at('team/many'), digest });
    expect(told.platforms).toEqual(['linux/amd64', 'linux/arm64/v8']);
  });

  it('may keep its parts at another host, which sees no credentials', async () => {
    const config = { created: '2026-01-02T03:04:05Z', os: 'linux', architecture: 'amd64' };
    const digest = `sha256:${'a'.repeat(64)}`;
    const seen: (string | undefined)[] = [];
    const store = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end(JSON.stringify(config));
    });
    const address = await serve((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      } else if (request.url?.includes('/blobs/') === true) {
        response.writeHead(307, { location: `http://${store}/blob` }).end();
      } else response.end(JSON.stringify({ config: { digest } }));
    });
    const credentials = { username: 'u', password: 'p' };
    const told = await describeImage({ repository: `${address}/api`, digest, credentials });
    expect(told.createdAt).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    expect(seen).toEqual([undefined]);
  });
});

describe('looking for the version to follow', () => {
  it('finds the highest in range, the newest by time, and where one tag has moved to', async () => {
    const made = (day: number) => ({ created: `2026-01-0${day}T00:00:00Z` });
    await registry.push('game', '1.9.0', {}, made(5));
    const ten = await registry.push('game', '1.10.0', {}, made(1));
    await registry.push('game', 'main-aaaaaaa', {}, made(2));
    const main = await registry.push('game', 'main-0000000', {}, made(3));
    const lookout = new Lookout();
    const look = (track: Parameters<Lookout['look']>[0]['track']) =>
      lookout.look({ repository: at('game'), track });
    expect(await look({ semver: '^1.0.0' })).toMatchObject({ tag: '1.10.0', digest: ten });
    const newest = { newest: '^main-[0-9a-f]{7}$' };
    expect(await look(newest)).toMatchObject({ tag: 'main-0000000', digest: main });
    const later = await registry.push('game', 'main-5555555', {}, made(4));
    expect(await look(newest)).toMatchObject({ tag: 'main-5555555', digest: later });
    const first = await registry.push('game', 'latest', {}, made(6));
    expect((await look({ digest: 'latest' }))?.digest).toBe(first);
    const moved = await registry.push('game', 'latest', {}, made(7));
    expect((await look({ digest: 'latest' }))?.digest).toBe(moved);
    expect(await look({ semver: '>=7' })).toBeUndefined();
  });
});
