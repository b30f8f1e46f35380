// What the port for people and CI shows of itself, on a whole master whose authority is changed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KeysView } from '../../../master/api/key-contract.ts';
import { runMaster } from '../cli/answers.ts';
import { freePort } from '../../fleet/ports.ts';
import { MasterFixture } from './fixture.ts';

let master: MasterFixture;
beforeEach(async () => {
  master = await MasterFixture.start(`127.0.0.1:${await freePort()}`);
});
afterEach(() => master.close());

const ca = (): string => readFileSync(join(master.masterDir, 'ca.pem'), 'utf8');
const digest = async (): Promise<string> => (await master.client.get<KeysView>('/v1/keys')).ca;

/** A connection that believes in this authority alone, open; or why there is none. */
async function asks(authority: string): Promise<string> {
  const [host = '', port] = (master.daemon.addresses.api ?? '').split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), ca: authority }, () => {
      socket.write('GET /v1/status HTTP/1.1\r\nHost: master\r\nConnection: close\r\n\r\n');
    });
    socket.once('data', (data: Buffer) => {
      resolve(data.toString().split('\r\n', 1)[0] ?? '');
      socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
  });
}

it('is of the new authority as soon as that has taken its place, without a restart', async () => {
  const [first, before] = [ca(), await digest()];
  expect(await asks(first)).toBe('HTTP/1.1 401 Unauthorized');
  const rotated = await runMaster(['ca', 'rotate', '--dir', master.masterDir]).done;
  expect(rotated.code).toBe(0);
  await expect.poll(digest).not.toBe(before);
  expect(ca()).not.toBe(first);
  expect(await asks(ca())).toBe('HTTP/1.1 401 Unauthorized');
  expect(await asks(first)).not.toContain('HTTP');
});
