// `master start` and its end: whoever still holds a connection, and whether or not its log is read.

import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runMaster } from './answers.ts';

interface Ready {
  readonly fleet: string;
  readonly api: string;
  readonly socket: string;
}

let dir: string;
const open: Socket[] = [];
const path = (): string => join(dir, 'master');

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'brine-ends-'));
  const states = join(dir, 'states');
  mkdirSync(states);
  writeFileSync(join(states, 'brine.yaml'), 'project: starfall\n');
  const where = ['--states', states, '--listen', '127.0.0.1:0', '--api', '127.0.0.1:0'];
  const made = await runMaster(['init', '--dir', path(), ...where]).done;
  expect([made.code, made.err]).toEqual([0, '']);
});

afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
  rmSync(dir, { recursive: true });
});

/** Its first line. */
async function start() {
  const run = runMaster(['start', '--dir', path()]);
  const [line] = (await once(run.child.stdout, 'data')) as [Buffer];
  return { run, ready: JSON.parse(line.toString().split('\n')[0] ?? '') as Ready };
}

async function hold(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  open.push(socket);
  await once(socket, 'connect');
}

const portOf = (endpoint: string): number => Number(endpoint.split(':').at(-1));

/** What a master that was killed leaves behind. */
const leftovers = (): boolean[] =>
  ['master.sock', 'brine.db-wal'].map((name) => existsSync(join(path(), name)));

describe('a master', () => {
  it('ends when it is asked to, though others are connected and say nothing', async () => {
    const { run, ready } = await start();
    // Neither has said that it speaks TLS.
    await hold(connect(portOf(ready.fleet), '127.0.0.1'));
    await hold(connect(portOf(ready.api), '127.0.0.1'));
    await hold(connect(ready.socket));
    run.child.kill('SIGTERM');
    const { code, out, err } = await run.done;
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('"msg":"ended"');
    expect(out).not.toContain('could not be closed');
    expect(leftovers()).toEqual([false, false]);
  });

  it('ends in good order when it has something to log and nobody reads it', async () => {
    const { run } = await start();
    run.child.stdout.destroy();
    run.child.kill('SIGTERM');
    expect((await run.done).code).toBe(0);
    expect(leftovers()).toEqual([false, false]);
  });

  it('ends by itself where nobody has read its log from the beginning', async () => {
    const run = runMaster(['start', '--dir', path()]);
    run.child.stdout.destroy();
    const { code, err } = await run.done;
    expect([code, err]).toEqual([130, '']);
    expect(leftovers()).toEqual([false, false]);
  });
});
