// Against real servers on this machine: what is a pass, what a failure, and what says nothing.

import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcp, type AddressInfo, type Server as TcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { httpTest } from '../../../minion/tests/http.ts';
import { Output } from '../../../minion/tests/output.ts';
import type { TestCall } from '../../../minion/tests/run-test.ts';
import { realWorld } from '../../../protocol/world.ts';
import type { EnvironmentName } from '../../../states/ids.ts';
import type { HttpExpect, TestRequest } from '../../../states/test-request.ts';

let server: Server | TcpServer | undefined;
afterEach(() => {
  if (server !== undefined && 'closeAllConnections' in server) server.closeAllConnections();
  server?.close();
  server = undefined;
});

async function listening(made: Server | TcpServer): Promise<string> {
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

const serving = (answer: RequestListener): Promise<string> => listening(createServer(answer));

interface Around {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

async function asked(url: string, expect: Partial<HttpExpect> = {}, around: Around = {}) {
  const request: Extract<TestRequest, { kind: 'http' }> = {
    ...{ kind: 'http', url, intervalMs: 20 },
    expect: { status: 200, headers: {}, json: {}, ...expect },
  };
  const call: TestCall = {
    ...{ verb: 'test', project: 'p', environment: 'beta' as EnvironmentName, network: 'n' },
    ...{ test: 'smoke', run: 'r', timeoutMs: around.timeoutMs ?? 120, request },
  };
  const { signal = new AbortController().signal } = around;
  const lines: string[] = [];
  const run = {
    call,
    output: new Output(),
    signal,
    onLine: (line: string) => void lines.push(line),
  };
  return { ...(await httpTest(realWorld, request, run)), lines };
}

describe('a URL', () => {
  it('that answers as expected is a pass', async () => {
    const url = await serving((_, response) => response.end('ok'));
    const tested = await asked(`${url}/up`, {}, { timeoutMs: 60_000 });
    expect(tested).toMatchObject({ verdict: 'passed', detail: `HTTP 200 from ${url}/up` });
  });

  it('is asked again until it does', async () => {
    let asks = 0;
    const url = await serving((_, response) => {
      asks += 1;
      response.writeHead(asks < 4 ? 503 : 200).end('starting');
    });
    const tested = await asked(url, {}, { timeoutMs: 30_000 });
    expect(tested.verdict).toBe('passed');
    expect(asks).toBe(4);
    const said = `HTTP 503 from ${url}: 200 was expected; it said "starting"`;
    expect(tested.lines).toEqual([said, `HTTP 200 from ${url}`]);
  });

  it('that answers wrongly to the end has failed, with what it said', async () => {
    const url = await serving((_, response) => response.writeHead(500).end('no database'));
    expect(await asked(url)).toMatchObject({
      verdict: 'failed',
      detail: `HTTP 500 from ${url}: 200 was expected; it said "no database" for 120ms`,
    });
  });

  it('is held against status, headers, body and JSON', async () => {
    const body = JSON.stringify({ status: 'ok', pools: [{ size: 5 }], up: true });
    const url = await serving((_, response) => {
      response.writeHead(202, { 'content-type': 'application/json', 'x-a': ['1', '2'] }).end(body);
    });
    const all: HttpExpect = {
      status: 202,
      headers: { 'content-type': { contains: 'json' }, 'x-a': { contains: '1, 2' } },
      body: { pattern: '"SIZE":\\d', flags: 'i' },
      json: { status: { equals: 'ok' }, 'pools[0].size': { equals: 5 }, up: { equals: true } },
    };
    expect((await asked(url, all)).verdict).toBe('passed');
    const wrong = async (more: Partial<HttpExpect>) => {
      const tested = await asked(url, { ...all, ...more }, { timeoutMs: 250 });
      expect(tested.verdict).toBe('failed');
      return tested.detail.slice(`HTTP 202 from ${url}: `.length);
    };
    expect(await wrong({ headers: { 'x-b': { contains: '' } } })).toMatch(
      /^there is no header x-b/,
    );
    expect(await wrong({ headers: { 'x-a': { pattern: '^3', flags: '' } } })).toMatch(
      /^x-a is "1, 2", not \/\^3\//,
    );
    expect(await wrong({ body: { contains: 'down' } })).toMatch(/^its body does not hold "down": /);
    expect(await wrong({ json: { up: { equals: 'true' } } })).toMatch(/^up is "true", not "true"/);
    expect(await wrong({ json: { 'pools[1]': { equals: 1 } } })).toMatch(
      /^there is no pools\[1\] in/,
    );
    expect(await wrong({ json: { status: { pattern: '^up', flags: '' } } })).toMatch(/^status is /);
  });

  it('whose answer is no JSON has failed', async () => {
    const url = await serving((_, response) => response.end('<html>'));
    const tested = await asked(url, { json: { a: { equals: 1 } } });
    expect(tested).toMatchObject({ verdict: 'failed' });
    expect(tested.detail).toContain('its body is no JSON: "<html>"');
  });

  it('where nothing listens has failed, and so has one that hangs or breaks off', async () => {
    const url = await serving(() => undefined);
    expect(await asked(url)).toMatchObject({
      verdict: 'failed',
      detail: `no answer from ${url} for 120ms`,
    });
    server?.close();
    (server as Server).closeAllConnections();
    const refused = await asked(url);
    expect(refused).toMatchObject({ verdict: 'failed' });
    expect(refused.detail).toContain('nothing listens there');
    const broken = await listening(createTcp((socket) => socket.destroy()));
    expect((await asked(broken)).verdict).toBe('failed');
    const garbage = await listening(createTcp((socket) => socket.end('220 mail.example.com\r\n')));
    expect((await asked(garbage)).verdict).toBe('failed');
  });

  it('to which no way leads says nothing', async () => {
    const tested = await asked('http://no-such-host.invalid:8080/up');
    expect(tested.verdict).toBe('inconclusive');
  });

  it('is not asked any more when nobody waits', async () => {
    const url = await serving(() => undefined);
    const stop = new AbortController();
    const ran = asked(url, {}, { signal: stop.signal, timeoutMs: 60_000 });
    setTimeout(() => {
      stop.abort(new Error('nobody waits'));
    }, 30);
    await expect(ran).rejects.toThrow();
  });
});
