// Whatever way a run ends, its Engines, containers, namespaces, mounts and files go, and nothing of
// anybody else does.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { remove, sweep } from './leftovers.ts';
import { end, identify, runs, sleep, start, type ProcessId } from './process.ts';
import {
  bridgeName,
  claim,
  hostName,
  locked,
  records,
  save,
  vethName,
  type FleetRecord,
} from './record.ts';

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  const owners = [process.pid, ...children.splice(0).map(({ pid }) => pid)];
  for (const record of records().filter(({ owner }) => owners.includes(owner.pid))) {
    await remove(record);
  }
});

/** Starts the program that leaves a fleet behind, and answers with it and the fleet's record. */
async function stray(...args: string[]): Promise<[ChildProcess, FleetRecord]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'stray.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { dir } = JSON.parse(line.toString()) as { dir: string };
  const record = records().find((each) => each.dir === dir);
  if (record === undefined) throw new Error('no record');
  return [child, record];
}

/** Every process, mount, interface, group and file that still bears the fleet's name. */
function traces({ number, dir }: FleetRecord): string[] {
  const name = hostName(number, 1);
  const processes = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && identify(Number(pid)) !== undefined)
    .map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))
    .filter((line) => line.includes(dir));
  const groups = ['', ...readdirSync('/sys/fs/cgroup')]
    .map((controller) => join('/sys/fs/cgroup', controller, name))
    .filter(existsSync);
  const own = [bridgeName(number), vethName(number, 1)];
  const links = readdirSync('/sys/class/net').filter((link) => own.includes(link));
  const files = [dir, `/run/netns/${name}`].filter(existsSync);
  const mounts = read('/proc/self/mountinfo').includes(dir) ? ['mounts'] : [];
  return [...processes, ...groups, ...links, ...files, ...mounts];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The program's own keeper, found as the one that was started for it. */
function keeperOf(child: ChildProcess): ProcessId {
  const pid = readdirSync('/proc').find((each) => {
    const [, script, owner] = read(`/proc/${each}/cmdline`).split('\0');
    return script?.endsWith('/fleet/keeper.ts') === true && owner === String(child.pid);
  });
  const id = identify(Number(pid));
  if (id === undefined) throw new Error('no keeper');
  return id;
}

/** The shims' sockets, in the directory that all Engines of the machine share. */
function shimSockets({ dir }: FleetRecord): string[] {
  const tasks = join(dir, 'h1/exec/containerd/daemon/io.containerd.runtime.v2.task/moby');
  return readdirSync(tasks)
    .map((task) => read(join(tasks, task, 'address')).replace('unix://', ''))
    .filter(existsSync);
}

async function gone(record: FleetRecord): Promise<boolean> {
  for (let turn = 0; turn < 200; turn += 1) {
    if (!records().some(({ dir }) => dir === record.dir)) return true;
    await sleep(50);
  }
  return false;
}

describe('a run that is killed', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)('by %s leaves nothing', async (signal) => {
    const [child, record] = await stray();
    expect(traces(record).length).toBeGreaterThan(5);
    const sockets = shimSockets(record);
    expect(sockets.length).toBeGreaterThan(0);
    child.kill(signal);
    expect(await gone(record)).toBe(true);
    expect(traces(record)).toEqual([]);
    expect(sockets.filter(existsSync)).toEqual([]);
  });

  it('together with its keeper is cleared by the next run', async () => {
    const [child, record] = await stray();
    await end([keeperOf(child)]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(traces(record).length).toBeGreaterThan(5);
    expect(await sweep()).toBeGreaterThan(0);
    expect(traces(record)).toEqual([]);
  });
});

describe('a fleet that is kept', () => {
  it('outlives its owner and every run, and goes when it is asked to', async () => {
    const [child, record] = await stray('keep');
    await once(child, 'exit');
    await sleep(500);
    await sweep();
    expect(traces(record).length).toBeGreaterThan(5);
    await remove(record);
    expect(traces(record)).toEqual([]);
  });
});

describe('a record', () => {
  it('ends no process that has got the number of one of ours', async () => {
    const record = await locked(async () => claim(0));
    const innocent = start('sleep', ['60'], {});
    const id = identify(innocent.pid);
    if (id === undefined) throw new Error('sleep does not run');
    record.processes.push({ pid: id.pid, started: '1' });
    save(record);
    await remove(record);
    expect(runs(id)).toBe(true);
    record.processes.push(id);
    await remove(record);
    expect(runs(id)).toBe(false);
  });

  it('is claimed by one at a time', async () => {
    const many = await Promise.all(Array.from({ length: 8 }, () => locked(async () => claim(0))));
    expect(new Set(many.map(({ number }) => number)).size).toBe(8);
  });
});
