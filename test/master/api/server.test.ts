import { statSync } from 'node:fs';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startApi } from '../../../master/api/server.ts';
import { openClient, type Client } from '../../../master/cli/client.ts';
import { fault } from '../../../states/faults.ts';
import { Fixture } from './fixture.ts';

let master: Fixture;
let local: Client;
beforeEach(async () => {
  master = await Fixture.start();
  local = openClient({ dir: master.dir });
});
afterEach(() => master.close());

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
    await local.get('/v1/promotions/p12/output?test=smoke');
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
      { name: 'testOutput', args: ['p12', { test: 'smoke' }] },
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
