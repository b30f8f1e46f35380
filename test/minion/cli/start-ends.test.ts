// `minion start` and its end, with a master that answers and a Docker that does not.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FleetFixture } from '../../master/fleet/fixture.ts';

const program = join(import.meta.dirname, '../../../bin/minion');
let dir: string;
let master: FleetFixture;
let docker: Server;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'brine-ends-'));
  master = await FleetFixture.start();
  await master.join('web-1', undefined, join(dir, 'minion'));
  docker = createServer(() => undefined).listen(join(dir, 'docker.sock'));
  await once(docker, 'listening');
});

afterEach(async () => {
  await master.close();
  docker.close();
  rmSync(dir, { recursive: true });
});

function start() {
  const env = { PATH: process.env['PATH'], DOCKER_HOST: `unix://${join(dir, 'docker.sock')}` };
  const child = spawn(program, ['start', '--dir', join(dir, 'minion')], {
    ...{ env, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  let err = '';
  child.stderr.on('data', (part: Buffer) => (err += part.toString()));
  return { child, ended: endOf(child), err: () => err };
}

async function endOf(child: ChildProcess): Promise<unknown> {
  const [code] = (await once(child, 'close')) as unknown[];
  return code;
}

/** What a minion that was killed leaves behind. */
const leftover = (): boolean => existsSync(join(dir, 'minion', 'minion.sock'));

describe('a minion', () => {
  it('ends when it is asked to, though Docker never answers', async () => {
    const { child, ended, err } = start();
    await once(child.stdout, 'data');
    child.stdout.resume();
    child.kill('SIGTERM');
    expect([await ended, err()]).toEqual([0, '']);
    expect(leftover()).toBe(false);
  });

  it('ends by itself where nobody reads its log', async () => {
    const { child, ended, err } = start();
    child.stdout.destroy();
    expect([await ended, err()]).toEqual([130, '']);
    expect(leftover()).toBe(false);
  });
});
