// Long because every way to be let in, turned away and thrown out is tested against one server.

import { request } from 'node:https';
import { join as pathOf } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Keys } from '../../../master/fleet/keys.ts';
import { HostBook } from '../../../master/hosts.ts';
import { readMinion } from '../../../minion/identity.ts';
import { join, type JoinOptions } from '../../../minion/join.ts';
import { keyDigest, makeKey } from '../../../protocol/identity/keys.ts';
import { makeCsr } from '../../../protocol/identity/request.ts';
import { limits } from '../../../protocol/limits.ts';
import { realWorld } from '../../../protocol/world.ts';
import { FleetFixture, hostId, until } from './fixture.ts';

let master: FleetFixture;
let keys: Keys;
beforeEach(async () => {
  master = await FleetFixture.start();
  keys = keysOf(master);
});
afterEach(() => master.close());

function keysOf({ store, eventlog, world, log, fleet }: FleetFixture): Keys {
  const hosts = new HostBook({ store, eventlog, world, log });
  return new Keys({
    ...{ store, eventlog, now: () => world.now(), requests: fleet.requests },
    digest: () => fleet.identity.digest,
    rotation: () => fleet.rotation(),
    disconnect: (host, reason) => {
      fleet.disconnect(host, reason);
    },
    remove: async (host, actor) => {
      fleet.disconnect(await hosts.remove(host, actor));
    },
  });
}

const actor = 'ann@desk';
/** Asks a hundred times as often. */
const hurried = {
  ...realWorld,
  sleep: (ms: number, signal?: AbortSignal) => realWorld.sleep(ms / 100, signal),
};

interface Waiting {
  readonly joined: ReturnType<typeof join>;
  /** As the host itself shows it. */
  readonly key: string;
  readonly dir: string;
}

/** `minion join` without a token, up to where it says that it waits. */
async function waiting(id: string, more: Partial<JoinOptions> = {}): Promise<Waiting> {
  const dir = pathOf(master.dir, `asks-${id}`);
  const caDigest = master.fleet.identity.digest;
  let joined!: ReturnType<typeof join>;
  const key = await new Promise<string>((resolve, reject) => {
    const onWaiting = (told: { key: string }): void => {
      resolve(told.key);
    };
    joined = join({ url: master.url, id, dir, caDigest, world: hurried, onWaiting, ...more });
    joined.catch(reject);
  });
  return { joined, key, dir };
}

const states = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await keys.list()).keys.map(({ id, state }) => [id, state]));

const told = async (): Promise<string[]> =>
  (await master.eventlog.since(0, {})).map((event) =>
    event.kind === 'fleet' ? `${event.what} ${event.host ?? ''} by ${event.actor}` : event.kind,
  );

/** One request by hand, with a key of its own. */
async function ask(
  id: string,
  more: { localAddress?: string; key?: ReturnType<typeof makeKey> } = {},
) {
  const { key = makeKey(), localAddress } = more;
  const body = JSON.stringify({ id, csr: makeCsr(key, hostId(id)) });
  const { host, port } = master.fleet.address();
  const { ca } = master.fleet.identity;
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const options = { host, port, method: 'POST', path: '/enrol', ca, agent: false };
    const sent = request({ ...options, ...(localAddress && { localAddress }) }, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('a host without a token', () => {
  it('waits with the same fingerprint on both sides, is accepted, and links', async () => {
    const { joined, key, dir } = await waiting('web-1');
    const { ca, keys: listed } = await keys.list();
    expect(ca).toBe(master.fleet.identity.digest);
    expect(listed).toEqual([
      {
        ...{ id: 'web-1', state: 'pending', key, address: '127.0.0.1' },
        expiresAt: expect.any(Number) as number,
      },
    ]);
    expect(await master.store.range('hosts/')).toEqual([]);
    await keys.decide('web-1', { verdict: 'accept', key, actor, labels: { role: 'app' } });
    expect(await joined).toMatchObject({ id: 'web-1', labels: { role: 'app' } });
    const minion = master.link((await readMinion(dir)).identity);
    await until('it links', () => minion.link.linked);
    expect(await states()).toEqual({ 'web-1': 'accepted' });
    expect(await told()).toEqual([
      'asked web-1 by address:127.0.0.1',
      `accepted web-1 by ${actor}`,
    ]);
  });

  it('that is rejected is told so, and not heard again with that key', async () => {
    const { joined, key, dir } = await waiting('web-1');
    await keys.decide('web-1', { verdict: 'reject', key, actor });
    const refused = {
      data: { code: 'JOIN_REFUSED', message: 'a person on the master has said no' },
    };
    await expect(joined).rejects.toMatchObject(refused);
    const again = { url: master.url, id: 'web-1', dir, caDigest: master.fleet.identity.digest };
    await expect(join(again)).rejects.toMatchObject(refused);
    expect(await states()).toEqual({ 'web-1': 'rejected' });
    await keys.decide('web-1', { verdict: 'delete', key, actor });
    expect(await states()).toEqual({});
    expect((await waiting('web-1')).key).toBe(key);
  });

  it('goes on waiting over a restart of the master', async () => {
    const { joined, key } = await waiting('web-1');
    const listen = master.fleet.address();
    await master.fleet.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await master.listen({ listen });
    await keysOf(master).decide('web-1', { verdict: 'accept', key, actor });
    expect((await joined).id).toBe('web-1');
  });

  it('is another one when another key stands under its id by the time a person decides', async () => {
    const { joined, key } = await waiting('web-1');
    void joined.catch(() => undefined);
    const other = keyDigest(makeKey());
    await expect(
      keys.decide('web-1', { verdict: 'accept', key: other, actor }),
    ).rejects.toMatchObject({ data: { code: 'UNKNOWN_NAME' } });
    await keys.decide('web-1', { verdict: 'reject', key, actor });
    await expect(joined).rejects.toThrow('said no');
  });

  it('cannot claim an id that is taken, or that another one waits for', async () => {
    await master.join('web-1');
    expect(await ask('web-1')).toMatchObject({
      status: 403,
      text: expect.stringContaining('taken by another host') as string,
    });
    expect((await ask('web-2')).status).toBe(202);
    expect(await ask('web-2')).toMatchObject({
      status: 403,
      text: expect.stringContaining('another host waits as web-2 already') as string,
    });
    const caDigest = master.fleet.identity.digest;
    const stranger = { url: master.url, id: 'web-1', dir: pathOf(master.dir, 'x'), caDigest };
    await expect(join(stranger)).rejects.toMatchObject({ data: { code: 'JOIN_REFUSED' } });
  });

  it('loses its place to one that comes with a token', async () => {
    const { joined } = await waiting('web-1');
    await master.join('web-1');
    await expect(joined).rejects.toMatchObject({
      data: { code: 'JOIN_REFUSED', message: expect.stringContaining('taken') as string },
    });
  });

  it('does not trust a master that nobody has named', async () => {
    const dir = pathOf(master.dir, 'wary');
    const asked = { url: master.url, id: 'web-1', dir };
    await expect(join(asked)).rejects.toMatchObject({
      data: { code: 'BAD_USAGE', message: expect.stringContaining('--ca-digest') as string },
    });
    await expect(join({ ...asked, caDigest: 'ab'.repeat(32) })).rejects.toMatchObject({
      data: { code: 'JOIN_CA', message: expect.stringContaining('nothing was told') as string },
    });
    const seen: string[] = [];
    const confirm = async (digest: string): Promise<boolean> => seen.push(digest) < 0;
    await expect(join({ ...asked, confirm })).rejects.toMatchObject({ data: { code: 'JOIN_CA' } });
    expect(seen).toEqual([master.fleet.identity.digest]);
    expect(await keys.list()).toMatchObject({ keys: [] });
  });
});

describe('hosts that ask', () => {
  it('are a bounded number, of one neighbour and of all, each for a bounded time', async () => {
    await master.fleet.close();
    await master.listen({ limits: { enrolBurst: 10_000 } });
    keys = keysOf(master);
    const statuses = new Set<number>();
    for (let at = 0; at < limits.joinRequestsOfNeighbourMax; at += 1) {
      statuses.add((await ask(`web-${at}`)).status);
    }
    expect([...statuses]).toEqual([202]);
    expect(await ask('one-too-many')).toMatchObject({
      status: 403,
      text: expect.stringContaining('too many hosts wait') as string,
    });
    expect((await ask('from-elsewhere', { localAddress: '127.0.0.2' })).status).toBe(202);
    // Who was let in waits no more.
    const [first] = (await keys.list()).keys.filter(({ id }) => id === 'web-0');
    await keys.decide('web-0', { verdict: 'accept', key: first?.key ?? '', actor: 'ann' });
    expect((await ask('in-its-place')).status).toBe(202);
    master.skew(limits.joinRequestMs + 1);
    expect(await states()).toEqual({ 'web-0': 'accepted' });
    expect((await ask('one-too-many')).status).toBe(202);
    expect(await master.store.range('join-requests/')).toHaveLength(1);
  });

  it('a thousand times cost one record, and keep nobody else waiting', async () => {
    await master.fleet.close();
    await master.listen({ limits: { enrolBurst: 100, enrolMsEach: 60_000 } });
    const minion = master.link(await master.host('db-1'));
    await until('the fleet works', () => minion.link.linked);
    const key = makeKey();
    const counted = new Map<number, number>();
    for (let turn = 0; turn < 100; turn += 1) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => ask('web-1', { key })));
      for (const { status } of answers) counted.set(status, (counted.get(status) ?? 0) + 1);
    }
    expect([...counted.entries()].sort()).toEqual([
      [202, 100],
      [429, 900],
    ]);
    expect(await master.store.range('join-requests/')).toHaveLength(1);
    expect((await ask('other', { localAddress: '127.0.0.3' })).status).toBe(202);
    expect(minion.link.linked).toBe(true);
    expect((await told()).filter((each) => each.startsWith('asked web-1'))).toHaveLength(1);
  });

  it('under names that would lead elsewhere are no hosts', async () => {
    const { host, port } = master.fleet.address();
    for (const id of ['../hosts/web-1', '__proto__', '', 'a/b', '\u001b[2J', 'x'.repeat(257)]) {
      const body = JSON.stringify({ id, csr: makeCsr(makeKey(), 'web-1' as never) });
      const sent = request({
        ...{ host, port, method: 'POST', path: '/enrol', agent: false },
        ca: master.fleet.identity.ca,
      });
      const status = await new Promise<number>((resolve) => {
        sent.on('response', (response) => {
          resolve(response.resume().statusCode ?? 0);
        });
        sent.end(body);
      });
      expect(status, JSON.stringify(id)).toBe(400);
    }
    expect(await master.store.range('join-requests/')).toEqual([]);
  });
});

describe('revocation', () => {
  it('ends a live link at once, and every handshake after it', async () => {
    const dir = await master.join('web-1');
    const { identity } = await readMinion(dir);
    const other = master.link(await master.host('web-2'));
    const minion = master.link(identity);
    await until('both link', () => minion.link.linked && other.link.linked);
    const [{ key } = { key: '' }] = (await keys.list()).keys;
    await keys.decide('web-1', { verdict: 'revoke', key, actor });
    await until('its link ends', () => !minion.link.linked);
    expect(await master.raw(identity).ended).toBe(
      '403 web-1 was revoked by a person on the master',
    );
    expect(other.link.linked).toBe(true);
    expect(await states()).toEqual({ 'web-1': 'revoked', 'web-2': 'accepted' });
    expect(await told()).toContain(`revoked web-1 by ${actor}`);
    await until('the minion knows why', () => master.reasons().includes('was revoked by a person'));
  });

  it('keeps the id, with any token and any key, until it is deleted', async () => {
    const dir = await master.join('web-1');
    const [{ key } = { key: '' }] = (await keys.list()).keys;
    await keys.decide('web-1', { verdict: 'revoke', key, actor });
    for (const where of [dir, pathOf(master.dir, 'anew')]) {
      await expect(master.join('web-1', undefined, where)).rejects.toMatchObject({
        data: { code: 'JOIN_REFUSED', message: expect.stringContaining('revoked') as string },
      });
    }
    expect((await ask('web-1')).status).toBe(403);
    await keys.decide('web-1', { verdict: 'delete', key, actor });
    await master.join('web-1', undefined, pathOf(master.dir, 'anew'));
    expect(await states()).toEqual({ 'web-1': 'accepted' });
  });

  it('is not undone by a session of TLS that is resumed', async () => {
    const { connect: connectTls } = await import('node:tls');
    const identity = await master.host('web-1');
    const { host, port } = master.fleet.address();
    const options = { host, port, key: identity.key, cert: identity.cert, ca: identity.ca };
    const session = await new Promise<Buffer>((resolve) => {
      const socket = connectTls(options);
      socket.on('session', resolve).on('error', () => undefined);
      socket.write('GET /ca HTTP/1.1\r\nHost: x\r\n\r\n');
    });
    const [{ key } = { key: '' }] = (await keys.list()).keys;
    await keys.decide('web-1', { verdict: 'revoke', key, actor });
    const text = await new Promise<string>((resolve) => {
      const socket = connectTls({ ...options, session });
      let heard = '';
      socket.on('data', (part: Buffer) => (heard += part.toString()));
      socket
        .on('error', () => undefined)
        .on('close', () => {
          resolve(heard);
        });
      socket.write(
        'GET /link HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' +
          'Sec-WebSocket-Protocol: brine.1\r\n\r\n',
      );
    });
    expect(text).toMatch(/^HTTP\/1\.1 40[13] /);
  });
});
