// The master's questions to a real registry: open, behind a password, behind tokens, ill, and gone.

import { execFileSync } from 'node:child_process';
import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseRepository } from '../../master/registry/place.ts';
import { digestExists, resolveDigest } from '../../master/registry.ts';
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

  it('tells the digest of a tag, and that a digest is there', async () => {
    expect(await resolveDigest({ repository: repository(), tag: '1.0.0' })).toBe(digest);
    expect(await digestExists({ repository: repository(), digest })).toBe(true);
    const other = `sha256:${'0'.repeat(64)}`;
    expect(await digestExists({ repository: repository(), digest: other })).toBe(false);
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

describe('a registry behind a password', () => {
  const ann = { username: 'ann', password: 'pw' };
  const basic = `Basic ${Buffer.from('ann:pw').toString('base64')}`;
  let registry: RegistryProcess;
  beforeAll(async () => {
    registry = await RegistryProcess.start((dir) => {
      const hash = execFileSync('perl', [
        '-e',
        'print crypt("pw", q($2y$05$) . "abcdefghijklmnopqrstuu")',
      ]);
      writeFileSync(join(dir, 'htpasswd'), `ann:${hash.toString()}\n`);
      return `auth: { htpasswd: { realm: here, path: ${dir}/htpasswd } }`;
    });
  });
  afterAll(() => registry.close());

  it('answers to the right one, and to no other', async () => {
    const digest = await registry.push('api', '1', { authorization: basic });
    const repository = `${registry.address}/api`;
    expect(await resolveDigest({ repository, tag: '1', credentials: ann })).toBe(digest);
    const wrong = { username: 'ann', password: 'no' };
    for (const credentials of [{ credentials: wrong }, {}]) {
      await expect(resolveDigest({ repository, tag: '1', ...credentials })).rejects.toMatchObject(
        code('REGISTRY_AUTH'),
      );
    }
  });
});

describe('a registry behind tokens', () => {
  let registry: RegistryProcess;
  let tokens: Server;
  let asked: { url: URL; authorization: string | undefined }[] = [];
  beforeAll(async () => {
    let issue: (scope: string) => string = () => '';
    tokens = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://tokens');
      const { authorization } = request.headers;
      asked.push({ url, authorization });
      if (authorization === undefined) response.writeHead(401).end();
      else response.end(JSON.stringify({ token: issue(url.searchParams.get('scope') ?? '') }));
    });
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve));
    const realm = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`;
    registry = await RegistryProcess.start((dir) => {
      issue = issuer(dir);
      return `auth: { token: { realm: "${realm}", service: here, issuer: brine, rootcertbundle: ${dir}/cert.pem } }`;
    });
    const push = `Bearer ${issue('repository:team/api:pull,push')}`;
    await registry.push('team/api', '1', { authorization: push });
  });
  afterAll(async () => {
    tokens.close();
    await registry.close();
  });

  it('is asked with one that was fetched for this repository alone', async () => {
    asked = [];
    const repository = `${registry.address}/team/api`;
    const credentials = { username: 'ann', password: 'pw' };
    const digest = await resolveDigest({ repository, tag: '1', credentials });
    expect(digest).toMatch(/^sha256:/);
    expect(asked.map(({ url }) => Object.fromEntries(url.searchParams))).toEqual([
      { service: 'here', scope: 'repository:team/api:pull' },
    ]);
    expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from('ann:pw').toString('base64')}`);
    await expect(resolveDigest({ repository, tag: '1' })).rejects.toMatchObject(
      code('REGISTRY_AUTH'),
    );
  });
});

describe('the place of a repository', () => {
  it.each([
    ['redis', 'https://registry-1.docker.io', 'library/redis'],
    ['team/api', 'https://registry-1.docker.io', 'team/api'],
    ['registry.example.com/a/b', 'https://registry.example.com', 'a/b'],
    ['registry.example.com:5000/api', 'https://registry.example.com:5000', 'api'],
    ['localhost:5000/api', 'http://localhost:5000', 'api'],
    ['127.0.0.9:5000/api', 'http://127.0.0.9:5000', 'api'],
    ['[::1]:5000/api', 'http://[::1]:5000', 'api'],
  ])('%s is %s, %s', (repository, origin, name) => {
    expect(parseRepository(repository, false)).toMatchObject({ origin, name });
  });

  it('is spoken to plainly where that is allowed', () => {
    expect(parseRepository('10.0.0.1:5000/api', true).origin).toBe('http://10.0.0.1:5000');
  });

  it.each(['a.b/../x', 'a.b/x?y', 'a.b@c.d/x', 'a.b/', 'UPPER/x', 'a.b:x/y'])(
    '%s is none',
    (raw) => {
      expect(() => parseRepository(raw, false)).toThrow();
    },
  );
});

/** Signs tokens as the registry trusts them, with a key and certificate made in `dir`. */
function issuer(dir: string): (scope: string) => string {
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const kind = ['-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const made = ['-subj', '/CN=brine', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', ...kind, ...made], { stdio: 'ignore' });
  const x5c = [new X509Certificate(readFileSync(cert)).raw.toString('base64')];
  return (scope) => {
    const [type, name, actions = ''] = scope.split(':');
    const now = Math.floor(Date.now() / 1_000);
    const times = { iat: now - 5, nbf: now - 5, exp: now + 60 };
    const access = [{ type, name, actions: actions.split(',') }];
    const claims = { iss: 'brine', aud: 'here', sub: 'ann', jti: randomUUID(), ...times, access };
    const part = (value: unknown): string =>
      Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ typ: 'JWT', alg: 'ES256', x5c })}.${part(claims)}`;
    const privateKey = createPrivateKey(readFileSync(key));
    const options = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const signature = sign('sha256', Buffer.from(text), options);
    return `${text}.${signature.toString('base64url')}`;
  };
}
