import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ContainerDetail, Engine } from '../../minion/engine/engine.ts';
import { probe, type Answer } from '../../minion/probe.ts';
import type { Healthcheck } from '../../states/model.ts';
import { specOf } from './samples.ts';

const timing = { intervalMs: 100, timeoutMs: 300, startMs: 1_000, retries: 1 };
const network = 'starfall-beta';
const closing: (() => void)[] = [];
/** No probe of a port may need it. */
const nobody = {} as Engine;

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

interface Where {
  readonly address?: string;
  readonly published?: number;
}

function ask(
  healthcheck: Healthcheck,
  { address = '127.0.0.1', published }: Where = {},
  signal?: AbortSignal,
): Promise<Answer> {
  const port = 'port' in healthcheck ? healthcheck.port : 0;
  const ports =
    published === undefined
      ? []
      : [{ address: '0.0.0.0', host: published, container: port, protocol: 'tcp' as const }];
  const addresses = address === '' ? {} : { [network]: address };
  const detail = { addresses } as unknown as ContainerDetail;
  return probe(
    nobody,
    { name: 'api', spec: specOf('api', { healthcheck, ports }), network, detail },
    signal,
  );
}

const http = (port: number, path = '/up'): Healthcheck => ({ kind: 'http', port, path, ...timing });

describe('an http probe', () => {
  it.each([
    [200, true],
    [204, true],
    [302, true],
    [404, false],
    [500, false],
  ])('of %i is %s', async (status, ok) => {
    const port = await serve((_, response) => response.writeHead(status).end());
    expect(await ask(http(port))).toEqual({
      ...{ ok, noWay: false, words: `HTTP ${status} from http://127.0.0.1:${port}/up` },
    });
  });

  it('tells the beginning of what a refusal says, on one line', async () => {
    const port = await serve((_, response) => {
      response.writeHead(503).end(`database\nis \u001b[31mlocked${'!'.repeat(10_000)}`);
    });
    const { words } = await ask(http(port));
    expect(words).toMatch(/^HTTP 503 from .*: "database\\nis \\u001b\[31mlocked!+"$/);
    expect(words.length).toBeLessThan(300);
  });

  it('gives up in time on who never answers, or never ends', async () => {
    const silent = await serve(() => undefined);
    expect((await ask(http(silent))).words).toMatch(/no answer from .* within 0\.3 s/);
    const endless = await serve((_, response) => response.writeHead(500).write('so far'));
    expect((await ask(http(endless))).words).toMatch(/^HTTP 500 from .*: "so far"$/);
  });

  it('says that nothing listens', async () => {
    const port = await serve(() => undefined);
    closing.splice(0).forEach((close) => {
      close();
    });
    expect(await ask(http(port))).toMatchObject({ ok: false });
    expect((await ask(http(port))).words).toMatch(/nothing listens there$/);
  });

  it('goes through the published port where the container has no address, or no way leads there', async () => {
    const port = await serve((_, response) => response.end('hello'));
    expect(await ask(http(8_080), { address: '', published: port })).toMatchObject({ ok: true });
    // An address for documentation: there is no such host.
    const lost = await ask(http(8_080), { address: '2001:db8::1', published: port });
    expect(lost).toMatchObject({ ok: true });
    expect(await ask(http(8_080), { address: '' })).toEqual({
      ...{ ok: false, words: 'it has no address in the network starfall-beta' },
    });
  });

  it('is broken off by the signal', async () => {
    const silent = await serve(() => undefined);
    const stop = new AbortController();
    const asked = ask(http(silent), {}, stop.signal);
    stop.abort(new Error('no more'));
    await expect(asked).rejects.toThrow('no more');
  });
});

describe('a tcp probe', () => {
  it('is a connection, and nothing more', async () => {
    const server = createTcpServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await ask({ kind: 'tcp', port, ...timing })).toMatchObject({ ok: true });
    await new Promise((resolve) => server.close(resolve));
    expect(await ask({ kind: 'tcp', port, ...timing })).toMatchObject({
      ...{ ok: false, words: `127.0.0.1:${port}: nothing listens there` },
    });
  });
});
