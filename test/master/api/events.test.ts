import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClient, type Client } from '../../../master/cli/client.ts';
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

async function tokenOf(scope: string, hours = 1): Promise<string> {
  const body = { scopes: [scope], hours, actor: 'ann@desk' };
  return (await local.send<{ token: string }>('POST', '/v1/api-tokens', body)).token;
}

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

  it('end when the master stops', async () => {
    const lines: string[] = [];
    const following = (async () => {
      const { signal } = new AbortController();
      for await (const line of local.lines('/v1/events?follow=1', signal)) lines.push(line);
    })();
    await until(() => lines.length === 1);
    await master.api.close();
    await following;
  });
});
