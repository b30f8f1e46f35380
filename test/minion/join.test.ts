// Long because every way in which a join can fail is a test of its own.

import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join as pathOf } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMinion } from '../../minion/identity.ts';
import { join } from '../../minion/join.ts';
import { parseMasterUrl } from '../../minion/master-url.ts';
import { createCa, openCa, signServer, type Authority } from '../../protocol/identity/authority.ts';
import { keyText, makeKey, publicHalf } from '../../protocol/identity/keys.ts';
import { realWorld, type World } from '../../protocol/world.ts';
import { FleetFixture, hostId } from '../master/fleet/fixture.ts';

let master: FleetFixture;
beforeEach(async () => {
  master = await FleetFixture.start();
});
const servers: Server[] = [];
afterEach(async () => {
  await master.close();
  for (const server of servers.splice(0)) server.close();
});

const hourMs = 3_600_000;
const dir = (name = 'new'): string => pathOf(master.dir, name);

const listening = async (server: Server): Promise<string> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `wss://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** A server with a certificate of `authority` that shows `ca`, and remembers what it was asked. */
async function impostor(
  authority: Authority,
  ca: string,
): Promise<{ url: string; asked: string[] }> {
  const key = makeKey();
  const now = Date.now();
  const cert = signServer(authority, { publicKey: publicHalf(key), names: ['127.0.0.1'], now });
  const asked: string[] = [];
  const server = createHttps({ key: keyText(key), cert }, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.on('data', (part: Buffer) => asked.push(part.toString()));
    response.end(ca);
  });
  return { url: await listening(server), asked };
}

describe('joining', () => {
  it('leaves everything that a link needs, the key readable to its owner alone', async () => {
    const token = await master.token({ labels: { role: 'app' } });
    const docker = 'unix:///run/docker.sock';
    const joined = await join({ url: master.url, token, id: 'web-1', dir: dir(), docker });
    expect(joined).toMatchObject({ id: 'web-1', url: master.url, labels: { role: 'app' } });
    expect(joined.expiresAt - Date.now()).toBeGreaterThan(89 * 24 * hourMs);
    const { config, identity } = await readMinion(dir());
    expect(config).toMatchObject({ url: master.url, id: 'web-1', docker });
    expect(config.allow).toMatchObject({ binds: [], tests: ['http'] });
    expect(identity.ca).toBe(readFileSync(pathOf(master.dir, 'ca.pem'), 'utf8'));
    expect(statSync(pathOf(dir(), 'key.pem')).mode & 0o777).toBe(0o600);
    expect(statSync(dir()).mode & 0o777).toBe(0o700);
  });

  it('again keeps what the owner of the host allows it', async () => {
    const allow = { binds: ['/srv'], tests: ['container' as const] };
    const asked = { url: master.url, id: 'web-1', dir: dir() };
    await join({ ...asked, token: await master.token(), allow });
    await join({ ...asked, token: await master.token() });
    expect((await readMinion(dir())).config.allow).toMatchObject(allow);
  });

  it('takes the address without its scheme, and by name', async () => {
    const { port } = master.fleet.address();
    const token = await master.token();
    const joined = await join({ url: `localhost:${port}`, token, id: 'web-1', dir: dir() });
    expect(joined.url).toBe(`wss://localhost:${port}`);
  });

  it('can be done again after it was cut off, with the same token and key', async () => {
    const token = await master.token({ uses: 1 });
    const first = { url: master.url, token, id: 'web-1', dir: dir() };
    await join(first);
    // As if the answer of the master had been lost.
    for (const name of ['cert.pem', 'ca.pem', 'minion.yaml']) rmSync(pathOf(dir(), name));
    const key = readFileSync(pathOf(dir(), 'key.pem'), 'utf8');
    await join(first);
    expect(readFileSync(pathOf(dir(), 'key.pem'), 'utf8')).toBe(key);
    const minion = master.link((await readMinion(dir())).identity);
    await expect.poll(() => minion.link.linked).toBe(true);
    // Somebody else with the same token is one too many.
    await expect(join({ ...first, dir: dir('other') })).rejects.toMatchObject({
      data: { code: 'JOIN_REFUSED', message: expect.stringContaining('taken') as string },
    });
    await expect(join({ ...first, id: 'web-2', dir: dir('two') })).rejects.toMatchObject({
      data: { code: 'JOIN_REFUSED', message: 'the token is used up' },
    });
  });

  it('does not turn a host into another, nor hand it to another master', async () => {
    await master.join('web-1', undefined, dir());
    const token = await master.token();
    const again = { url: master.url, token, id: 'web-2', dir: dir() };
    await expect(join(again)).rejects.toMatchObject({
      data: { code: 'BAD_USAGE', message: expect.stringContaining('joined as web-1') as string },
    });
    const other = await FleetFixture.start();
    try {
      const elsewhere = { ...again, id: 'web-1', url: other.url, token: await other.token() };
      await expect(join(elsewhere)).rejects.toMatchObject({
        data: { code: 'BAD_USAGE', message: expect.stringContaining(master.url) as string },
      });
    } finally {
      await other.close();
    }
  });
});

describe('a master that is not the one', () => {
  it('of the token is told nothing', async () => {
    const pair = createCa(Date.now());
    const { url, asked } = await impostor(openCa(pair) as Authority, pair.certificate);
    const token = await master.token();
    await expect(join({ url, token, id: 'web-1', dir: dir() })).rejects.toMatchObject({
      data: { code: 'JOIN_CA', message: expect.stringContaining('nothing was told') as string },
    });
    expect(asked).toEqual(['GET /ca']);
  });

  it('is found out when it shows the right authority without its key', async () => {
    const ours = master.fleet.identity.ca;
    const { url, asked } = await impostor(openCa(createCa(Date.now())) as Authority, ours);
    const token = await master.token();
    await expect(join({ url, token, id: 'web-1', dir: dir() })).rejects.toMatchObject({
      data: { code: 'JOIN_CA', message: expect.stringContaining('not our master') as string },
    });
    expect(asked).toEqual(['GET /ca']);
  });

  it('is found out when it holds a certificate of ours for another purpose or name', async () => {
    const { authority, ca } = master.fleet.identity;
    const minion = master.identity(hostId('web-9'));
    const asked: string[] = [];
    const server = createHttps({ key: minion.key, cert: minion.cert }, (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.end(ca);
    });
    const token = await master.token();
    const attempt = { url: await listening(server), token, id: 'web-1', dir: dir() };
    await expect(join(attempt)).rejects.toMatchObject({ data: { code: 'JOIN_CA' } });
    const named = await impostor(authority, ca);
    const url = named.url.replace('127.0.0.1', 'localhost');
    await expect(join({ ...attempt, url })).rejects.toMatchObject({
      data: { code: 'JOIN_CA', message: expect.stringContaining('does not hold for') as string },
    });
    expect([...asked, ...named.asked]).toEqual(['GET /ca', 'GET /ca']);
  });
});

describe('a master that cannot be reached', () => {
  const attempt = async (url: string, world?: World): Promise<unknown> =>
    join({
      ...{ url, token: await master.token(), id: 'web-1', dir: dir() },
      ...(world && { world }),
    }).catch((error: unknown) => error);

  it.each([
    ['wss://127.0.0.1:1', 'nothing listens there'],
    ['wss://brine.invalid', /brine\.invalid:4505: the name/],
  ])('%s is told as such', async (url, words) => {
    expect(await attempt(url)).toMatchObject({
      data: {
        code: 'MASTER_UNREACHABLE',
        message:
          typeof words === 'string'
            ? (expect.stringContaining(words) as string)
            : (expect.stringMatching(words) as string),
      },
    });
  });

  it('because something else answers is told as such', async () => {
    const plain = await listening(createHttp((_, response) => response.end('hello')));
    expect(await attempt(plain)).toMatchObject({
      data: { message: expect.stringContaining('does not speak TLS 1.3') as string },
    });
    const pair = createCa(Date.now());
    const other = await impostor(openCa(pair) as Authority, '<html>');
    expect(await attempt(other.url)).toMatchObject({
      data: { message: expect.stringContaining('no master of Brine') as string },
    });
  });

  it('because nobody says anything is told in time', async () => {
    const mute = await listening(createServer());
    const sleep: World['sleep'] = (ms, signal) => realWorld.sleep(ms / 100, signal);
    expect(await attempt(mute, { ...realWorld, sleep })).toMatchObject({
      data: {
        code: 'MASTER_UNREACHABLE',
        message: expect.stringContaining('within 10 s') as string,
      },
    });
  });

  it('never took the secret out of the host', async () => {
    await attempt('wss://127.0.0.1:1');
    expect(() => statSync(pathOf(dir(), 'minion.yaml'))).toThrow('ENOENT');
  });
});

describe('a clock that is wrong', () => {
  it.each([
    [-hourMs, '60 min behind'],
    [hourMs, '60 min ahead of'],
  ])('by %d ms here is told, and no token is used up', async (skew, words) => {
    const token = await master.token({ uses: 1 });
    const world = { ...realWorld, now: () => Date.now() + skew };
    const attempt = { url: master.url, token, id: 'web-1', dir: dir() };
    await expect(join({ ...attempt, world })).rejects.toMatchObject({
      data: { code: 'CLOCK_WRONG', message: expect.stringContaining(words) as string },
    });
    await join(attempt);
  });

  it('on the master makes its certificate not valid yet, which is told', async () => {
    const early = await FleetFixture.start({}, Date.now() + hourMs);
    try {
      const attempt = { url: early.url, token: await early.token(), id: 'web-1', dir: dir() };
      await expect(join(attempt)).rejects.toMatchObject({
        data: { code: 'CLOCK_WRONG', message: expect.stringContaining('not valid yet') as string },
      });
    } finally {
      await early.close();
    }
  });

  it('on the master that signs shows in what it signs', async () => {
    master.skew(hourMs);
    const attempt = { url: master.url, token: await master.token(), id: 'web-1', dir: dir() };
    await expect(join(attempt)).rejects.toMatchObject({
      data: { code: 'CLOCK_WRONG', message: expect.stringContaining('only from') as string },
    });
  });
});

describe('what makes no sense', () => {
  it.each([
    [{ token: 'abc' }, 'no join token'],
    [{ id: 'Web 1' }, 'not the id of a host'],
    [{ id: '../x' }, 'not the id of a host'],
    [{ url: 'http://x' }, 'not the address of a master'],
    [{ url: 'wss://x/y' }, 'not the address of a master'],
  ])('%j is refused before anything is done', async (wrong, words) => {
    const options = { url: master.url, token: await master.token(), id: 'web-1', dir: dir() };
    await expect(join({ ...options, ...wrong })).rejects.toMatchObject({
      data: { code: 'BAD_USAGE', message: expect.stringContaining(words) as string },
    });
    expect(() => statSync(dir())).toThrow('ENOENT');
  });

  it('in minion.yaml is told with its place', async () => {
    await master.join('web-1', undefined, dir());
    const path = pathOf(dir(), 'minion.yaml');
    for (const [text, words] of [
      ['url: [', 'at line 1, column 7'],
      ['url: wss://a:1\nid: web-1\nurll: x\n', 'urll'],
      ['url: wss://a:1\nid: WEB\n', 'id: not the id of a host'],
    ] as const) {
      writeFileSync(path, text);
      await expect(readMinion(dir())).rejects.toMatchObject({
        data: { code: 'BAD_USAGE', where: path, message: expect.stringContaining(words) as string },
      });
    }
    await expect(readMinion(dir('nowhere'))).rejects.toMatchObject({
      data: { code: 'MINION_UNSET' },
    });
  });

  it.each([
    ['wss://a.example:4505', 'wss://a.example:4505'],
    ['https://A.example/', 'wss://a.example:4505'],
    ['10.0.0.1', 'wss://10.0.0.1:4505'],
    ['[::1]:99', 'wss://[::1]:99'],
    ['wss://a:443', 'wss://a:443'],
    ['ws://a', undefined],
    ['wss://u:p@a', undefined],
    ['wss://a:0', undefined],
    ['wss://a?x', undefined],
    ['', undefined],
  ])('address %j is %j', (raw, url) => {
    expect(parseMasterUrl(raw)).toBe(url);
  });
});
