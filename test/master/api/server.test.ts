import { statSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startApi } from '../../../master/api/server.ts';
import { openClient, type Client } from '../../../master/cli/client.ts';
import { fault, Fault } from '../../../states/faults.ts';
import { until } from '../store/suite.ts';
import { Fixture } from './fixture.ts';

let master: Fixture;
let local: Client;
beforeEach(async () => {
  master = await Fixture.start();
  local = openClient({ dir: master.dir });
});
afterEach(() => master.close());

const remote = (token?: string): Client =>
  openClient({
    dir: '/nowhere',
    url: master.url,
    ca: master.ca,
    ...(token === undefined ? {} : { token }),
  });

async function tokenOf(scope: 'view' | 'admin', hours = 1): Promise<string> {
  const body = { scope, hours, actor: 'ann@desk' };
  return (await local.send<{ token: string }>('POST', '/v1/api-tokens', body)).token;
}

const refusal = (code: string, message: string) => ({
  data: { code, message: expect.stringContaining(message) as string },
});

/** One request by hand over the socket: status and body as they are. */
function raw(
  method: string,
  path: string,
  { body = '', headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: master.socket, method, path, headers }, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('end', () => {
        resolve({ status: response.statusCode, text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('the socket', () => {
  it('is its owner’s alone, and needs no token', async () => {
    expect(statSync(master.socket).mode & 0o777).toBe(0o600);
    master.given.hosts = () => [];
    expect(await local.get('/v1/hosts')).toEqual({ hosts: [] });
  });

  it('of a dead master is replaced, of a living one respected', async () => {
    const options = { services: {} as never, socket: master.socket, log: {} as never };
    await expect(startApi(options)).rejects.toMatchObject({ data: { code: 'MASTER_BUSY' } });
    expect(await raw('GET', '/v1/hosts')).toMatchObject({ status: 200 });
    await master.api.close();
    const { createServer } = await import('node:net');
    const stale = createServer();
    await new Promise<void>((resolve) => stale.listen(master.socket, resolve));
    const { linkSync, unlinkSync } = await import('node:fs');
    linkSync(master.socket, `${master.socket}.kept`);
    await new Promise((resolve) => stale.close(resolve));
    linkSync(`${master.socket}.kept`, master.socket);
    unlinkSync(`${master.socket}.kept`);
    await master.listen();
    expect(await raw('GET', '/v1/hosts')).toMatchObject({ status: 200 });
  });

  it('hands each request on as the contract says', async () => {
    const actor = 'ann@desk';
    await local.send('POST', '/v1/plan', { environment: 'beta', hosts: 'web-*' });
    await local.send('POST', '/v1/apply', { environment: 'beta', actor });
    await local.send('POST', '/v1/rollback', { environment: 'beta', release: '7f3a9c2d', actor });
    await local.send('POST', '/v1/rollouts/r12/abort', { actor });
    await local.send('POST', '/v1/ping', {});
    await local.send('POST', '/v1/tokens', { labels: { a: 'b' }, uses: 2, hours: 0.5, actor });
    await local.send('PUT', '/v1/hosts/web-1/labels', { set: { a: '1' }, remove: ['b'], actor });
    await local.send('DELETE', `/v1/hosts/web-1?actor=${encodeURIComponent(actor)}`);
    await local.get('/v1/status?environment=beta');
    await local.get('/v1/hosts/web-1/logs?environment=beta&service=api&lines=7');
    expect(master.calls).toEqual([
      { name: 'plan', args: [{ environment: 'beta', hosts: 'web-*' }] },
      { name: 'apply', args: [{ environment: 'beta', actor }] },
      { name: 'rollback', args: [{ environment: 'beta', release: '7f3a9c2d', actor }] },
      { name: 'abort', args: ['r12', actor] },
      { name: 'ping', args: [undefined] },
      { name: 'createToken', args: [{ labels: { a: 'b' }, uses: 2, hours: 0.5, actor }] },
      { name: 'label', args: ['web-1', { set: { a: '1' }, remove: ['b'], actor }] },
      { name: 'removeHost', args: ['web-1', actor] },
      { name: 'status', args: ['beta'] },
      { name: 'logs', args: ['web-1', { environment: 'beta', service: 'api', lines: 7 }] },
    ]);
  });
});

describe('a refusal', () => {
  it('carries the fault, its hint and its exit code', async () => {
    master.given.apply = () => {
      const at = { file: 'services/api.yaml', line: 3, column: 1 };
      throw Object.assign(fault('STATE_INVALID', '1 mistake', { at }), { rendered: 'a caret' });
    };
    const body = JSON.stringify({ environment: 'beta', actor: 'ann' });
    const headers = { 'content-type': 'application/json' };
    const { status, text } = await raw('POST', '/v1/apply', { body, headers });
    expect(status).toBe(422);
    expect(JSON.parse(text)).toEqual({
      error: {
        code: 'STATE_INVALID',
        message: '1 mistake',
        at: { file: 'services/api.yaml', line: 3, column: 1 },
        hint: 'mend the places named above; `master validate` checks them without a master',
        exit: 1,
        rendered: 'a caret',
      },
    });
  });

  it.each([
    ['UNKNOWN_NAME', 404],
    ['ROLLOUT_BUSY', 409],
    ['SOURCE_FETCH', 503],
    ['SOURCE_REF', 422],
  ] as const)('%s has the status %i', async (code, status) => {
    master.given.status = () => {
      throw fault(code, 'x');
    };
    expect(await raw('GET', '/v1/status')).toMatchObject({ status });
  });

  it('of a defect tells nothing but that there was one, and the master lives on', async () => {
    master.given.hosts = () => {
      throw new TypeError('secret-word of undefined');
    };
    const { status, text } = await raw('GET', '/v1/hosts');
    expect([status, text.includes('secret-word'), text.includes('server.ts')]).toEqual([
      500,
      false,
      false,
    ]);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'INTERNAL', exit: 4 } });
    expect(master.logged.join()).toContain('secret-word');
    master.given.hosts = () => [];
    expect(await raw('GET', '/v1/hosts')).toMatchObject({ status: 200 });
  });

  const json = { 'content-type': 'application/json' };
  it.each([
    ['no JSON', 'POST', '/v1/plan', { body: '{"environment":', headers: json }],
    ['not an object', 'POST', '/v1/plan', { body: '[]', headers: json }],
    ['no body', 'POST', '/v1/plan', {}],
    ['another type', 'POST', '/v1/plan', { body: 'a=b', headers: { 'content-type': 'text/x' } }],
    ['no such name', 'POST', '/v1/plan', { body: '{"environment":"../x"}', headers: json }],
    ['an unknown key', 'POST', '/v1/plan', { body: '{"environment":"a","b":1}', headers: json }],
    ['control characters', 'POST', '/v1/ping', { body: '{"hosts":"a\\u001b[2J"}', headers: json }],
    ['a prototype', 'POST', '/v1/ping', { body: '{"__proto__":{"hosts":"a"}}', headers: json }],
    ['too much', 'POST', '/v1/ping', { body: `{"hosts":"${'a'.repeat(70_000)}"}`, headers: json }],
    ['a wrong number', 'GET', '/v1/events?since=-1', {}],
    ['a wrong id', 'GET', '/v1/rollouts/..%2f..%2fx', {}],
  ])('of %s is 400', async (_, method, path, more) => {
    const { status, text } = await raw(method, path, more);
    expect([status, JSON.parse(text)]).toMatchObject([400, { error: { code: 'BAD_USAGE' } }]);
    expect(master.calls).toEqual([]);
  });

  it('of a path there is not is 404', async () => {
    const { status, text } = await raw('GET', '/v1/nothing?x=1');
    expect([status, JSON.parse(text)]).toMatchObject([
      404,
      { error: { code: 'UNKNOWN_NAME', message: 'no such path: GET /v1/nothing' } },
    ]);
  });
});

describe('the port', () => {
  it('lets nobody in without a valid token, not even to learn which paths there are', async () => {
    const view = await tokenOf('view');
    const [, id] = view.split('.');
    const wrong = `brine-api.${id}.${'A'.repeat(43)}`;
    for (const token of [undefined, 'nonsense', wrong, view.slice(0, -1), `${view}x`]) {
      for (const path of ['/v1/hosts', '/v1/nothing', '/v1/events?follow=1']) {
        await expect(remote(token).get(path)).rejects.toMatchObject(
          refusal('ACCESS_DENIED', 'a valid token is needed'),
        );
      }
    }
    expect(master.calls).toEqual([]);
  });

  it('lets a viewer look, and an admin act, under the name of the token', async () => {
    master.given.hosts = () => [];
    const body = { environment: 'beta', actor: 'ci@build' };
    const viewer = remote(await tokenOf('view'));
    expect(await viewer.get('/v1/hosts')).toEqual({ hosts: [] });
    await viewer.send('POST', '/v1/plan', { environment: 'beta' });
    for (const [method, path] of [
      ['POST', '/v1/apply'],
      ['DELETE', '/v1/hosts/web-1'],
      ['POST', '/v1/rollouts/r1/abort'],
    ] as const) {
      await expect(viewer.send(method, path, body)).rejects.toMatchObject(
        refusal('ACCESS_DENIED', 'scope admin'),
      );
    }
    const token = await tokenOf('admin');
    await remote(token).send('POST', '/v1/apply', body);
    const actor = `ci@build (token ${token.split('.')[1]})`;
    expect(master.calls.at(-1)).toEqual({ name: 'apply', args: [{ ...body, actor }] });
  });

  it('makes no tokens', async () => {
    const admin = remote(await tokenOf('admin'));
    const body = { scope: 'admin', hours: 1, actor: 'ci' };
    await expect(admin.send('POST', '/v1/api-tokens', body)).rejects.toMatchObject(
      refusal('ACCESS_DENIED', 'socket'),
    );
  });

  it('speaks TLS 1.3 only', async () => {
    const { port } = master.api.address() ?? { port: 0 };
    const old = connectTls({
      port,
      host: '127.0.0.1',
      maxVersion: 'TLSv1.2',
      rejectUnauthorized: false,
    });
    const error = await new Promise((resolve) => {
      old.once('error', resolve);
      old.once('secureConnect', () => {
        resolve('connected');
      });
    });
    expect(error).toBeInstanceOf(Error);
  });
});

describe('a token of the API', () => {
  it('is kept as a hash, and told in the history without its secret', async () => {
    const token = await tokenOf('view');
    const [, id = '', secret = ''] = token.split('.');
    const everything = JSON.stringify(await master.store.range(''));
    expect(everything).toContain(id);
    expect(everything).not.toContain(secret);
    expect(await master.log.since(0, {})).toMatchObject([
      { kind: 'token', what: 'created', actor: 'ann@desk' },
    ]);
  });

  it('ends by time, or when it is revoked', async () => {
    const [short, long] = [await tokenOf('view', 1), await tokenOf('view', 3)];
    master.clock += 2 * 3_600_000;
    await expect(remote(short).get('/v1/hosts')).rejects.toBeInstanceOf(Fault);
    await remote(long).get('/v1/hosts');
    await local.send('DELETE', `/v1/tokens/${long.split('.')[1]}?actor=ann`);
    await expect(remote(long).get('/v1/hosts')).rejects.toBeInstanceOf(Fault);
    await tokenOf('view');
    expect(await master.store.range('api-tokens/')).toHaveLength(1);
  });
});

describe('events', () => {
  it('are listed, the newest that match', async () => {
    for (const message of ['one', 'two', 'three']) await master.event(message);
    await master.event('other', { host: 'web-1' });
    const { events } = await local.get<{ events: { message: string }[] }>(
      '/v1/events?limit=2&since=1',
    );
    expect(events.map(({ message }) => message)).toEqual(['three', 'other']);
    expect(await local.get('/v1/events?host=web-1')).toMatchObject({
      events: [{ message: 'other', seq: 4 }],
    });
  });

  it('are followed as they come, on the socket and over TLS', async () => {
    await master.event('before');
    const token = await tokenOf('view');
    for (const client of [local, remote(token)]) {
      const stop = new AbortController();
      const lines: string[] = [];
      const following = (async () => {
        for await (const line of client.lines('/v1/events?follow=1&since=0', stop.signal)) {
          lines.push(line);
        }
      })().catch(() => undefined);
      await until(() => lines.length >= 3);
      await master.event('live');
      await until(() => lines.at(-1)?.includes('"live"') === true);
      expect(lines[0]).toBe('');
      expect(JSON.parse(lines[1] ?? '')).toMatchObject({ seq: 1, message: 'before' });
      stop.abort();
      await following;
    }
  });

  it('leave nothing behind when the reader leaves', async () => {
    const reader = connect(master.socket);
    reader.write('GET /v1/events?follow=1 HTTP/1.0\r\n\r\n');
    await new Promise((resolve) => reader.once('data', resolve));
    expect(master.readers).toBe(1);
    reader.destroy();
    await until(() => master.readers === 0);
  });

  it('end when the master stops, within moments', async () => {
    const lines: string[] = [];
    const following = (async () => {
      const { signal } = new AbortController();
      for await (const line of local.lines('/v1/events?follow=1', signal)) lines.push(line);
    })();
    await until(() => lines.length === 1);
    const began = Date.now();
    await master.api.close();
    await following;
    expect(Date.now() - began).toBeLessThan(900);
  });
});
