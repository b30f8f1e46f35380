// `master start` where it cannot listen: it ends by itself, says why, and leaves nothing behind.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runMaster } from './answers.ts';

let dir: string;
let holder: Server;
let taken: string;
const path = (): string => join(dir, 'master');

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'brine-fails-'));
  mkdirSync(join(dir, 'states'));
  writeFileSync(join(dir, 'states/brine.yaml'), 'project: starfall\n');
  holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  taken = `127.0.0.1:${(holder.address() as AddressInfo).port}`;
});

afterEach(() => {
  holder.close();
  rmSync(dir, { recursive: true });
});

async function start(listen: string, api: string) {
  const states = join(dir, 'states');
  const where = ['--states', states, '--listen', listen, '--address', '127.0.0.1:4505'];
  const made = await runMaster(['init', '--dir', path(), ...where, '--api', api]).done;
  expect([made.code, made.err]).toEqual([0, '']);
  return runMaster(['start', '--dir', path()]).done;
}

const free = '127.0.0.1:0';
/** Of a net that is for documentation alone. */
const nowhere = '192.0.2.1:4505';

describe('a master that cannot listen', () => {
  it.each([
    ['for hosts, as the port is taken', () => [taken, free], 'EADDRINUSE'],
    ['for people, as the port is taken', () => [free, taken], 'EADDRINUSE'],
    ['for hosts, as there is no such address', () => [nowhere, free], 'EADDRNOTAVAIL'],
    ['for people, as there is no such address', () => [free, nowhere], 'EADDRNOTAVAIL'],
  ] as const)('ends %s', async (_, where, why) => {
    const [listen = '', api = ''] = where();
    const { code, err } = await start(listen, api);
    expect(code).toBe(1);
    expect(err).toContain(`cannot listen at ${listen === free ? api : listen}: listen ${why}`);
    expect(err).toContain('[LISTEN_FAILED]');
    expect(err).toContain('hint: see with `ss -ltnp`');
    const left = ['master.sock', 'brine.db-wal'].filter((name) => existsSync(join(path(), name)));
    expect(left).toEqual([]);
  });

  it('starts on the same directory once the port is free', async () => {
    expect((await start(taken, free)).code).toBe(1);
    const file = join(path(), 'master.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(`listen: ${taken}`, `listen: ${free}`));
    const run = runMaster(['start', '--dir', path()]);
    run.child.stdout.on('data', (said: Buffer) => {
      if (said.toString().includes('"ready"')) run.child.kill('SIGTERM');
    });
    expect(await run.done).toMatchObject({ code: 0, err: '' });
  });
});
