// Somebody holds the master's transport key and certificate, but not its signing key: what they ask a
// host to run is not run.

import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join as pathOf } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { readMinion } from '../../../minion/identity.ts';
import { makeSigningKey, signCall, signDesire } from '../../../protocol/identity/signing.ts';
import type { Call, Desire, FromMaster } from '../../../protocol/messages.ts';
import { desire, FleetFixture, hostId, TestLink, until } from './fixture.ts';

const web1 = hostId('web-1');
let master: FleetFixture;
let relay: Server;
let reached: WebSocket[];
let ends: string[];

beforeEach(async () => {
  master = await FleetFixture.start();
  const { server, ca } = master.fleet.identity;
  relay = createServer({ key: server.key, cert: server.certificate, ca, requestCert: true });
  [reached, ends] = [[], []];
  new WebSocketServer({ server: relay }).on('connection', (socket) => {
    reached.push(socket);
    socket.on('message', (data: Buffer) => {
      const said = JSON.parse(data.toString()) as { type: string; reason?: string };
      if (said.type === 'bye') ends.push(said.reason ?? '');
    });
    const welcome: FromMaster = { type: 'welcome', version: '0.1.0', id: 'web-1', labels: {} };
    socket.send(JSON.stringify(welcome));
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const socket of reached) socket.terminate();
  relay.close();
  await master.close();
});

async function victim(): Promise<TestLink> {
  const url = `wss://127.0.0.1:${(relay.address() as AddressInfo).port}`;
  const minion = new TestLink(url, await master.host('web-1'), master.log, {
    limits: { reconnectMsMin: 60_000, reconnectMsMax: 60_000 },
  });
  await until('it links to whoever it is', () => minion.link.linked);
  return minion;
}

const say = (message: unknown): void => reached[0]?.send(JSON.stringify(message));
const real = (): ReturnType<typeof makeSigningKey> => master.fleet.identity.signing;
const test: Call = {
  ...{ verb: 'test', project: 'shop', environment: 'beta', network: 'net', test: 'smoke' },
  ...{ run: 'r1', timeoutMs: 1_000 },
  request: { kind: 'exec', service: 'api', command: ['reboot'] },
} as never;

describe('a host obeys no desire', () => {
  const signed = (wanted: Desire, host = web1, key = real()): Desire => ({
    ...wanted,
    signature: signDesire(key, host, wanted),
  });
  const cases: Record<string, () => Desire> = {
    'without a signature': () => desire(1),
    'that another key signed': () => signed(desire(1), web1, makeSigningKey()),
    'that was signed for another host': () => signed(desire(1), hostId('web-2')),
    'whose generation was raised': () => ({ ...signed(desire(1)), generation: 9 }),
    'whose body was changed': () => ({ ...signed(desire(1)), state: desire(1, 'other').state }),
    'whose mode was changed': () => ({ ...signed(desire(1)), mode: 'pull' }),
    'that is told to stay failed': () => ({ ...signed(desire(1)), onFailure: 'pause' }),
  };
  it.each(Object.keys(cases))('%s', async (name) => {
    const minion = await victim();
    say(cases[name]?.());
    await until('the link ends', () => ends.length === 1);
    expect(ends[0]).toContain('a desired state came that is not signed for this host');
    expect(minion.desires).toEqual([]);
    await minion.link.close();
  });

  it('and obeys the one that its master has signed for it', async () => {
    const minion = await victim();
    say(signed(desire(4)));
    await until('it is taken', () => minion.desires.length === 1);
    expect(minion.desires[0]?.generation).toBe(4);
    await minion.link.close();
  });
});

describe('a host runs no test', () => {
  it('that its master has not signed for it', async () => {
    const minion = await victim();
    let asked = 0;
    minion.onCall = async () => {
      asked += 1;
      return {};
    };
    const signature = signCall(real(), hostId('web-2'), test);
    say({ type: 'call', id: 'c1', deadlineMs: 5_000, call: test, signature });
    await until('the link ends', () => ends.length === 1);
    expect(ends[0]).toContain('a test came that is not signed for this host');
    expect(asked).toBe(0);
    await minion.link.close();
  });
});

describe('a signing key that was made anew', () => {
  it('is not obeyed by hosts that know the old one, until they have joined again', async () => {
    const dir = await master.join('web-1');
    await master.fleet.close();
    rmSync(pathOf(master.dir, 'signing.key.pem'));
    await master.listen();
    // The port is another one now; the host is still the same.
    const before = master.link((await readMinion(dir)).identity);
    await until('it links', () => before.link.linked);
    master.fleet.desire(web1, desire(1));
    await until('it says why it ends', () => master.reasons().includes('not signed for this host'));
    expect(before.desires).toEqual([]);
    await before.link.close();
    await master.join('web-1', undefined, dir);
    const after = master.link((await readMinion(dir)).identity);
    await until('it links again', () => after.link.linked);
    master.fleet.desire(web1, desire(2));
    await until('it is taken', () => after.desires.length === 1);
  });
});
