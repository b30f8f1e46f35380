// Long because tokens, joining and the port are tested against one server.

import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join as pathOf } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrineEvent } from '../../../master/events.ts';
import { readMinion } from '../../../minion/identity.ts';
import { keyText, makeKey } from '../../../protocol/identity/keys.ts';
import { makeCsr } from '../../../protocol/identity/request.ts';
import { parseToken } from '../../../protocol/identity/token.ts';
import { FleetFixture, hostId, until } from './fixture.ts';

let master: FleetFixture;
beforeEach(async () => {
  master = await FleetFixture.start();
});
afterEach(() => master.close());

interface Asked {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, unknown>;
}

/** One request by hand. */
function ask(method: string, path: string, body?: string | Buffer, more = {}): Promise<Asked> {
  const { host, port } = master.fleet.address();
  return new Promise((resolve, reject) => {
    const options = {
      host,
      port,
      method,
      path,
      ca: master.fleet.identity.ca,
      agent: false,
      ...more,
    };
    const sent = request(options, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('end', () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, text, headers });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** As a minion asks, or with something of it replaced. */
async function enrol(token: string, id: string, replaced: Record<string, unknown> = {}) {
  const { id: tokenId = '', secret = '' } = parseToken(token) ?? {};
  const csr = makeCsr(makeKey(), hostId(id));
  const asked = { token: { id: tokenId, secret }, id, csr, ...replaced };
  const { status, text } = await ask('POST', '/enrol', JSON.stringify(asked));
  const { error } = JSON.parse(text) as { error?: { code: string; message: string } };
  return { status, error };
}

describe('a token', () => {
  it('is told once, kept as a hash, listed and revoked', async () => {
    const answer = await master.fleet.tokens.create({
      ...{ labels: { role: 'app' }, uses: 2, hours: 1, id: 'web-*', actor: 'ann@desk' },
    });
    expect(answer.url).toBe(master.url);
    const { secret, ca } = parseToken(answer.token) ?? {};
    expect(ca).toBe(master.fleet.identity.digest);
    const { id, expiresAt } = answer;
    expect(await master.fleet.tokens.list()).toEqual([
      { id, labels: { role: 'app' }, usesLeft: 2, expiresAt, bound: 'web-*' },
    ]);
    const entries = JSON.stringify(await master.store.range(''));
    expect(entries).toContain(id);
    expect(entries).not.toContain(secret);
    expect(readFileSync(pathOf(master.dir, 'store.db-wal')).includes(secret ?? '-')).toBe(false);
    expect(await master.fleet.tokens.revoke(id, 'ann@desk')).toBe(true);
    expect(await master.fleet.tokens.revoke(id, 'ann@desk')).toBe(false);
    expect(await master.fleet.tokens.revoke('../hosts', 'ann@desk')).toBe(false);
    expect(await master.fleet.tokens.list()).toEqual([]);
    const events = await master.eventlog.since(0, {});
    expect(events.map(({ message }) => message)).toEqual([
      `join token ${id} for web-* was made, for 2 uses`,
      `join token ${id} was revoked`,
    ]);
    expect(await enrol(answer.token, 'web-1')).toMatchObject({
      status: 403,
      error: { code: 'JOIN_REFUSED', message: 'the token is not one of this master' },
    });
  });

  it('lets in as many hosts as it has uses, also when all come at once', async () => {
    const token = await master.token({ uses: 5 });
    const asked = Array.from({ length: 20 }, (_, index) => enrol(token, `web-${index}`));
    const answers = await Promise.all(asked);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(new Set(refused.map(({ error }) => error?.message))).toEqual(
      new Set(['the token is used up']),
    );
    expect(await master.store.range('hosts/')).toHaveLength(5);
    expect((await master.fleet.tokens.list())[0]?.usesLeft).toBe(0);
  });

  it('ends by time, and is forgotten when the next one is made', async () => {
    const token = await master.token({ hours: 1 });
    master.skew(3_600_001);
    expect(await enrol(token, 'web-1')).toMatchObject({
      status: 403,
      error: { message: expect.stringContaining('the token expired at') as string },
    });
    expect(await master.fleet.tokens.list()).toEqual([]);
    await master.token();
    expect(await master.store.range('tokens/')).toHaveLength(1);
  });

  it('for an id or a pattern lets in no other', async () => {
    const bound = await master.token({ id: 'db-*', uses: 2 });
    expect(await enrol(bound, 'web-1')).toMatchObject({
      status: 403,
      error: { message: 'the token is for db-*, not for web-1' },
    });
    expect((await enrol(bound, 'db-1')).status).toBe(200);
    await expect(master.token({ id: 'Not/An*Id' })).rejects.toMatchObject({
      data: { code: 'BAD_USAGE' },
    });
  });

  it('that is a little wrong says no more than one that never was', async () => {
    const token = await master.token();
    const { id = '', secret = '' } = parseToken(token) ?? {};
    const wrong = `${secret.slice(0, -2)}${secret.endsWith('AA') ? 'BB' : 'AA'}`;
    const answers = [
      await enrol(token, 'web-1', { token: { id, secret: wrong } }),
      await enrol(token, 'web-1', { token: { id: 'ffffffffffff', secret } }),
      await enrol(token, 'web-1', { token: { id: '../../hosts', secret } }),
    ];
    for (const answer of answers) {
      expect(answer).toEqual({
        status: 403,
        error: { code: 'JOIN_REFUSED', message: 'the token is not one of this master' },
      });
    }
  });
});

describe('joining', () => {
  it('records host, certificate, use of the token and event in one commit', async () => {
    const token = await master.token({ labels: { role: 'app' }, uses: 3 });
    await master.join('web-1', token);
    const [host, identity, [used], events] = await Promise.all([
      master.store.get('hosts/web-1'),
      master.store.get('identities/web-1'),
      master.store.range('tokens/'),
      master.store.range('events/'),
    ]);
    expect(host?.value).toEqual({
      ...{ id: 'web-1', lastSeen: null, joinedAt: expect.any(Number) as number },
      ...{ version: null, labels: { role: 'app' }, facts: {} },
    });
    expect(used?.value).toMatchObject({ usesLeft: 2 });
    const joined = events.at(-1);
    expect(joined?.value as BrineEvent).toMatchObject({
      ...{ kind: 'fleet', what: 'joined', host: 'web-1', actor: 'minion:web-1', cause: 'join' },
    });
    expect([host, identity, used, joined].map((entry) => entry?.revision)).toEqual(
      Array.from({ length: 4 }, () => host?.revision),
    );
  });

  it('under an id that is taken is refused, until the host is removed', async () => {
    await master.join('web-1');
    const token = await master.token();
    expect(await enrol(token, 'web-1')).toMatchObject({
      status: 403,
      error: { code: 'JOIN_REFUSED', message: expect.stringContaining('taken') as string },
    });
    expect((await master.fleet.tokens.list()).at(-1)?.usesLeft).toBe(1);
    await master.store.commit([], [{ delete: 'hosts/web-1' }]);
    expect((await enrol(token, 'web-1')).status).toBe(200);
  });

  it('again with the same key renews the certificate and keeps what people gave it', async () => {
    const dir = await master.join('web-1', await master.token({ labels: { role: 'app' } }));
    const before = await readMinion(dir);
    const record = (await master.store.get('hosts/web-1'))?.value as { labels: object };
    const labels = { ...record.labels, drained: 'yes' };
    await master.store.commit([], [{ put: 'hosts/web-1', value: { ...record, labels } }]);
    await master.join('web-1', await master.token({ labels: { ring: 'beta' } }), dir);
    const after = await readMinion(dir);
    expect(after.identity.cert).not.toBe(before.identity.cert);
    expect((await master.store.get('hosts/web-1'))?.value).toMatchObject({
      labels: { role: 'app', drained: 'yes', ring: 'beta' },
    });
    const old = master.raw(before.identity);
    expect(await old.ended).toBe(
      '403 web-1 has joined again since: this certificate is not its own any more',
    );
    const minion = master.link(after.identity);
    await until('the new one links', () => minion.link.linked);
  });

  it('with a request signed by another key, or for another name, is refused', async () => {
    const token = await master.token();
    const csr = makeCsr(makeKey(), hostId('web-2'));
    expect(await enrol(token, 'web-1', { csr })).toMatchObject({ status: 403 });
    expect(await enrol(token, 'web-1', { csr: keyText(makeKey()) })).toMatchObject({ status: 403 });
    expect(await enrol(token, 'web-1', { id: '__proto__' })).toMatchObject({ status: 400 });
    expect(await master.store.range('hosts/')).toEqual([]);
  });
});

describe('the port', () => {
  it('answers two questions, and nothing else exists', async () => {
    const ca = await ask('GET', '/ca');
    expect([ca.status, ca.text]).toEqual([200, master.fleet.identity.ca]);
    expect(ca.headers['connection']).toBe('close');
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/enrol'],
      ['POST', '/ca'],
      ['GET', '/ca/../ca.key.pem'],
      ['GET', '/link'],
      ['POST', '/enrol?x=1'],
      ['OPTIONS', '*'],
    ] as const) {
      expect(await ask(method, path), `${method} ${path}`).toMatchObject({ status: 404, text: '' });
    }
  });

  it('takes no request that is too large, no JSON, or something else', async () => {
    for (const body of ['', 'nothing', '[]', 'null', '{"token":1}', '{"__proto__":{}}']) {
      expect(await ask('POST', '/enrol', body), body).toMatchObject({ status: 400 });
    }
    const deep = `${'['.repeat(8_000)}${']'.repeat(8_000)}`;
    expect((await ask('POST', '/enrol', deep)).status).toBe(400);
    expect(await ask('POST', '/enrol', Buffer.alloc(17_000, 0x20))).toMatchObject({
      status: 400,
      text: expect.stringContaining('too large') as string,
    });
    const chunked = { headers: { 'transfer-encoding': 'chunked' } };
    const long = ask('POST', '/enrol', Buffer.alloc(5_000_000, 0x20), chunked);
    expect(
      await long.then(
        ({ status }) => status,
        () => 'cut off',
      ),
    ).not.toBe(200);
    expect((await ask('GET', '/ca')).status).toBe(200);
  });

  it('slows down a neighbour who asks too often, and not the next one', async () => {
    await master.fleet.close();
    await master.listen({ limits: { enrolBurst: 3, enrolMsEach: 60_000 } });
    const token = await master.token({ uses: 10 });
    const statuses = [];
    for (let turn = 1; turn <= 5; turn += 1) statuses.push((await enrol(token, `w${turn}`)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const limited = await ask('POST', '/enrol', '{}');
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(50);
    const neighbour = await ask('POST', '/enrol', '{}', { localAddress: '127.0.0.2' });
    expect(neighbour.status).toBe(400);
  });

  it('lets a minion wait for its turn', async () => {
    await master.fleet.close();
    await master.listen({ limits: { enrolBurst: 1, enrolMsEach: 300 } });
    const token = await master.token({ uses: 3 });
    await Promise.all(['a', 'b', 'c'].map((id) => master.join(id, token)));
    expect(await master.store.range('hosts/')).toHaveLength(3);
  });
});
