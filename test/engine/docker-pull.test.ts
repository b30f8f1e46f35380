// Pulls by a real Engine: from a real registry, from one that is gone, and from ill ones.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PinnedImage } from '../../states/model.ts';
import { until } from '../e2e/product.ts';
import { OneHost, pushed } from './one-host.ts';

const layerBytes = 4_000_000;
const illPort = 5_055;

let one: OneHost;
/** One layer of incompressible bytes. */
let large: PinnedImage;

beforeAll(async () => {
  one = await OneHost.start();
  large = await pushLarge();
});
afterAll(() => one?.close());

async function pushLarge(): Promise<PinnedImage> {
  const dir = join(one.host.dir, 'large');
  const repository = `${one.fleet.registryAddress}/large`;
  mkdirSync(dir);
  writeFileSync(join(dir, 'bytes'), randomBytes(layerBytes));
  writeFileSync(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY bytes /\nCMD ["/none"]\n');
  await one.host.docker('build', '--quiet', '--tag', `${repository}:1`, dir);
  const told = await one.host.docker('push', `${repository}:1`);
  const [digest = ''] = /sha256:[0-9a-f]{64}/.exec(told.slice(told.indexOf('digest:'))) ?? [];
  return { name: 'large', repository, tag: '1', digest };
}

const forget = (): Promise<void> => one.host.forgetImages();
const reference = ({ repository, digest }: PinnedImage): string => `${repository}@${digest}`;
const from = (place: string, digest = `sha256:${'1'.repeat(64)}`): PinnedImage => ({
  name: 'api',
  repository: place,
  tag: '1',
  digest,
});

const failing = (code: string, detail: string) => ({
  data: {
    code,
    message: expect.stringContaining(`: ${detail}`) as string,
  },
});

describe('a pull', () => {
  it('tells how far it is, and keeps the image by its digest', async () => {
    await forget();
    const seen: [number, number][] = [];
    await one.engine.pull(large, { onProgress: (done, total) => seen.push([done, total]) });
    const images = await one.engine.images();
    expect(images.flatMap(({ digests }) => digests)).toContain(reference(large));
    expect(seen.at(-1)?.[0]).toBe(seen.at(-1)?.[1]);
    expect(seen.at(-1)?.[1]).toBeGreaterThan(layerBytes);
  });

  it('of what is there asks no registry', async () => {
    await one.engine.pull(large);
    await one.fleet.registry.stop();
    await one.engine.pull(large);
    await one.fleet.registry.start();
  });

  it('of what the registry does not have', async () => {
    const { repository } = large;
    await expect(one.engine.pull(from(repository))).rejects.toMatchObject({
      data: {
        code: 'IMAGE_NOT_FOUND',
        message: `cannot pull ${reference(from(repository))}: the registry does not have it`,
        where: one.fleet.registryAddress,
      },
    });
    await expect(
      one.engine.pull(from(`${one.fleet.registryAddress}/nobody/none`)),
    ).rejects.toMatchObject(failing('IMAGE_NOT_FOUND', 'the registry does not have it'));
    await expect(one.engine.pull(from('Not/An Image'))).rejects.toMatchObject({
      data: { code: 'IMAGE_NOT_FOUND', message: expect.stringContaining('not the name') as string },
    });
  });

  it('of what is made for another machine', async () => {
    const digest = await pushForOtherMachine();
    await expect(one.engine.pull(from(large.repository, digest))).rejects.toMatchObject(
      failing('IMAGE_NOT_FOUND', 'it is not made for linux/'),
    );
  });

  it('from a registry that is gone, and then is back', async () => {
    const image = await pushed(one.fleet, one.host, '1.1.0');
    await forget();
    await one.fleet.registry.stop();
    await expect(one.engine.pull(image)).rejects.toMatchObject(
      failing('REGISTRY_DOWN', 'nothing answers at the address of the registry'),
    );
    await one.fleet.registry.start();
    await one.engine.pull(image);
  });

  it('onto a disk that is full', async (test) => {
    const { dir: hostDir } = one.own(test);
    await forget();
    const dir = join(hostDir, 'data/tmp');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]);
    try {
      await expect(one.engine.pull(large)).rejects.toMatchObject(
        failing('DISK_FULL', 'the disk with the data of Docker is full'),
      );
    } finally {
      execFileSync('umount', [dir]);
    }
    await one.engine.pull(large);
  });
});

/** A list that offers the large image to one kind of machine, which is none of ours. */
async function pushForOtherMachine(): Promise<string> {
  const [address = '', name = ''] = large.repository.split('/');
  const base = `http://${address}/v2/${name}/manifests`;
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
  const stored = await fetch(`${base}/${large.digest}`, { headers: { accept: mediaType } });
  const { length: size } = Buffer.from(await stored.arrayBuffer());
  const platform = { architecture: 's390x', os: 'linux' };
  const type = 'application/vnd.docker.distribution.manifest.list.v2+json';
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    manifests: [{ mediaType, size, digest: large.digest, platform }],
  });
  const put = await fetch(`${base}/other`, {
    ...{ method: 'PUT', body, headers: { 'content-type': type } },
  });
  return put.headers.get('docker-content-digest') ?? '';
}

describe('a pull from a registry that wants a password', () => {
  it('is refused', async () => {
    const dir = join(one.host.dir, 'closed');
    mkdirSync(dir);
    const hash = execFileSync('perl', ['-e', 'print crypt("pw", q($2y$05$) . "a" x 22)']);
    writeFileSync(join(dir, 'htpasswd'), `ann:${hash.toString()}\n`);
    const config = `version: 0.1
storage: { filesystem: { rootdirectory: ${dir}/data } }
http: { addr: "127.0.0.1:5056" }
auth: { htpasswd: { realm: here, path: ${dir}/htpasswd } }
`;
    writeFileSync(join(dir, 'config.yml'), config);
    const registry = one.host.spawn('docker-registry', ['serve', join(dir, 'config.yml')]);
    await listens(registry.pid, 5_056);
    await expect(one.engine.pull(from('127.0.0.1:5056/api'))).rejects.toMatchObject(
      failing('REGISTRY_AUTH', 'the registry refuses it without the right credentials'),
    );
    registry.kill('SIGKILL');
  });
});

describe('a pull from an ill registry', () => {
  beforeAll(async () => {
    const file = join(import.meta.dirname, 'ill-registry.ts');
    const registry = one.host.spawn(process.execPath, [file, String(illPort)]);
    await listens(registry.pid, illPort);
  });

  it.each([
    ['unavailable', 'REGISTRY_DOWN', 'the registry answers 503 Service Unavailable'],
    ['asked', 'REGISTRY_DOWN', 'the registry has been asked too often'],
    ['forbidden', 'REGISTRY_AUTH', 'the registry refuses it without the right credentials'],
    ['page', 'REGISTRY_DOWN', 'what answers there is no registry'],
    ['lost', 'REGISTRY_DOWN', 'what answers there is no registry (HTTP 404)'],
    ['other', 'REGISTRY_DOWN', 'what answers there is no registry'],
    ['broken', 'REGISTRY_DOWN', 'the registry broke the connection off'],
  ])('that is %s', async (illness, code, detail) => {
    const pull = one.engine.pull(from(`127.0.0.1:${illPort}/${illness}`));
    await expect(pull).rejects.toMatchObject(failing(code, detail));
  });

  it('that says nothing ends when the caller gives up', async () => {
    const stop = new AbortController();
    const pull = one.engine.pull(from(`127.0.0.1:${illPort}/silent`), { signal: stop.signal });
    setTimeout(() => {
      stop.abort();
    }, 300);
    await expect(pull).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('that speaks no TLS, or with a certificate of its own', async () => {
    const plain = createServer((_, response) => response.end('{}'));
    const [key, cert] = [join(one.host.dir, 'key.pem'), join(one.host.dir, 'cert.pem')];
    const kind = ['-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const san = ['-addext', `subjectAltName=IP:${one.fleet.bridgeAddress}`];
    const made = ['-subj', '/CN=registry', ...san, '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', ...kind, ...made], { stdio: 'ignore' });
    const files = { key: readFileSync(key), cert: readFileSync(cert) };
    const secure = createTlsServer(files, (_, response) => response.end('{}'));
    for (const [server, detail] of [
      [plain, 'the registry speaks plain HTTP: name it under `insecure-registries`'],
      [secure, 'the certificate of the registry is not accepted: certificate signed by unknown'],
    ] as const) {
      await new Promise<void>((resolve) => server.listen(0, one.fleet.bridgeAddress, resolve));
      const { port } = server.address() as { port: number };
      const pull = one.engine.pull(from(`${one.fleet.bridgeAddress}:${port}/api`));
      await expect(pull).rejects.toMatchObject(failing('DOCKER_ERROR', detail));
      server.close();
    }
  });

  it('is not what failed when the Engine dies meanwhile', async (test) => {
    const host = one.own(test);
    const pull = one.engine.pull(from(`127.0.0.1:${illPort}/silent`));
    const expected = expect(pull).rejects.toMatchObject({ data: { code: 'DOCKER_DOWN' } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await host.killDocker();
    await expected;
    await host.startDocker();
  });
});

/** Until the process listens on this port of its own network. */
const listens = (pid: number, port: number): Promise<void> =>
  until(`port ${port} listens`, async () =>
    ['tcp', 'tcp6'].some((kind) => {
      const sockets = readFileSync(`/proc/${pid}/net/${kind}`, 'utf8');
      return sockets.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `);
    }),
  );
