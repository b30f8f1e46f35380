import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClient, type Client } from '../../../master/cli/client.ts';
import type { Routes } from '../../../master/api/contract.ts';
import { Fault } from '../../../states/faults.ts';
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

async function tokenOf(scope: string, hours = 1): Promise<string> {
  const body = { scopes: scope.split(' '), hours, actor: 'ann@desk' };
  return (await local.send<{ token: string }>('POST', '/v1/api-tokens', body)).token;
}

const refusal = (code: string, message: string) => ({
  data: { code, message: expect.stringContaining(message) as string },
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
    for (const [method, path, scope] of [
      ['POST', '/v1/apply', 'deploy:beta'],
      ['DELETE', '/v1/hosts/web-1', 'admin'],
      ['POST', '/v1/rollouts/r1/abort', 'admin'],
    ] as const) {
      await expect(viewer.send(method, path, body)).rejects.toMatchObject(
        refusal('ACCESS_DENIED', `that needs a token with the scope ${scope}`),
      );
    }
    const token = await tokenOf('admin');
    await remote(token).send('POST', '/v1/apply', body);
    const actor = `ci@build (token ${token.split('.')[1]})`;
    expect(master.calls.at(-1)).toEqual({ name: 'apply', args: [{ ...body, actor }] });
  });

  it('makes no tokens', async () => {
    const admin = remote(await tokenOf('admin'));
    const body = { scopes: ['admin'], hours: 1, actor: 'ci' };
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

  it('is listed with what it may do, its end, and when it was used last; never with its secret', async () => {
    const made = await tokenOf('release:web* deploy:beta', 2);
    const [, id, secret = ''] = made.split('.');
    const listed = () => local.get<Routes['tokens']>('/v1/tokens');
    const { api } = await listed();
    expect(api).toEqual([
      {
        ...{ id, scopes: ['release:web*', 'deploy:beta'], actor: 'ann@desk', lastUsedAt: null },
        ...{ createdAt: master.clock, expiresAt: master.clock + 2 * 3_600_000 },
      },
    ]);
    const used = master.clock + 90_000;
    master.clock = used;
    await expect(remote(made).get('/v1/hosts')).rejects.toBeInstanceOf(Fault);
    expect((await listed()).api[0]?.lastUsedAt).toBe(used);
    expect(JSON.stringify(await listed())).not.toContain(secret);
    // To the minute: a write for each request would be too many.
    master.clock = used + 30_000;
    await remote(made)
      .get('/v1/hosts')
      .catch(() => undefined);
    expect((await listed()).api[0]?.lastUsedAt).toBe(used);
  });

  it('is not made for what is no scope', async () => {
    for (const scope of ['root', 'release:', 'deploy:a b', 'release', 'view:api']) {
      await expect(tokenOf(scope.replace(' ', '%'))).rejects.toMatchObject(
        refusal('BAD_USAGE', 'not a scope'),
      );
    }
  });
});
