// Takes a fleet away: its own end, and what killed runs have left. Everything is found by the record's
// names and process ids; nothing is guessed.

import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, type Dirent } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';
import { end, identify, runs, type ProcessId } from './process.ts';
import {
  bridgeName,
  forget,
  hostName,
  locked,
  records,
  vethName,
  type FleetRecord,
} from './record.ts';

/** Removes every fleet whose owner is gone; also those that were to stay, if `kept`. */
export function sweep({ kept = false } = {}): Promise<number> {
  return locked(async () => {
    const left = records().filter((record) => (record.kept ? kept : !runs(record.owner)));
    for (const record of left) await remove(record);
    return left.length;
  });
}

/** Ends and removes all that a record names. Doing it twice is harmless. */
export async function remove(record: FleetRecord): Promise<void> {
  const names = Array.from({ length: record.hosts }, (_, at) => hostName(record.number, at + 1));
  // An Engine that is not dead yet may start what was just ended.
  for (let turn = 0; turn < 10; turn += 1) {
    const alive = [record.processes, await Promise.all(names.map(inNamespace)), names.map(inGroup)]
      .flat(2)
      .filter(runs);
    if (alive.length === 0) break;
    await end(alive);
  }
  removeShimSockets(record.dir);
  await unmountBelow(record.dir);
  await removeNetwork(record, names);
  for (const name of names) removeGroups(name);
  await rm(record.dir, { recursive: true, force: true });
  forget(record);
}

/** The Engine, its containerd and shims, and the host's minion. */
async function inNamespace(name: string): Promise<ProcessId[]> {
  if (!namespaces().includes(name)) return [];
  const out = await command('ip', ['netns', 'pids', name]).catch(() => '');
  return identified(out);
}

/** What runs in the host's containers. */
const inGroup = (name: string): ProcessId[] =>
  identified(
    groupsOf(name)
      .map((group) => readOr(join(group, 'cgroup.procs')))
      .join('\n'),
  );

const identified = (text: string): ProcessId[] =>
  [...new Set(text.match(/\d+/g) ?? [])].flatMap((pid) => identify(Number(pid)) ?? []);

/** A host's control groups and all below, parents first: one tree with cgroup v2, several with v1. */
function groupsOf(name: string): string[] {
  const root = '/sys/fs/cgroup';
  return [root, ...foldersIn(root)].map((each) => join(each, name)).flatMap(withFolders);
}

function withFolders(path: string): string[] {
  return existsSync(path) ? [path, ...foldersIn(path).flatMap(withFolders)] : [];
}

/** Containers that end take theirs away at any time. */
function foldersIn(path: string): string[] {
  return list(path)
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name));
}

function removeGroups(name: string): void {
  for (const group of groupsOf(name).reverse()) {
    try {
      rmdirSync(group);
    } catch {
      // The kernel may still be burying what was in it; an empty group does no harm.
    }
  }
}

/** A shim that is killed leaves its socket in a directory that all Engines share. */
function removeShimSockets(dir: string): void {
  const tasks = list(dir)
    .map(({ name }) => join(dir, name, 'exec/containerd/daemon/io.containerd.runtime.v2.task/moby'))
    .flatMap(foldersIn);
  for (const task of tasks) {
    const address = readOr(join(task, 'address'));
    const [, socket] = /^unix:\/\/(\/run\/containerd\/s\/[0-9a-f]+)$/.exec(address) ?? [];
    if (socket !== undefined) rmSync(socket, { force: true });
  }
}

async function unmountBelow(dir: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${dir}/`))
    .sort()
    .reverse();
  if (mounts.length > 0) await command('umount', ['--lazy', ...new Set(mounts)]).catch(() => '');
}

async function removeNetwork(record: FleetRecord, names: readonly string[]): Promise<void> {
  const known = namespaces();
  for (const name of names.filter((each) => known.includes(each))) {
    await command('ip', ['netns', 'delete', name]);
  }
  // A namespace takes its interfaces along when the kernel finds the time; the names must be free now.
  const veths = names.map((_, at) => vethName(record.number, at + 1));
  for (const link of [...veths, bridgeName(record.number)]) {
    await command('ip', ['link', 'delete', link]).catch(() => '');
  }
}

const namespaces = (): string[] => list('/run/netns').map(({ name }) => name);

/** Nothing where there is no such directory, or no longer. */
function list(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
