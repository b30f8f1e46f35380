// Moments of a container's start at which Docker can be killed. Each is known by what Docker, containerd
// and runc leave on the host meanwhile; those that are too short are held open by stopping processes.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../fleet/fleet.ts';

export interface Start {
  readonly host: Host;
  /** The id of the container. */
  readonly container: string;
  readonly port: number;
}

/** Resolves with the next container that is made on the host; the call itself is when it counts from. */
export async function nextContainer({ dir }: Host): Promise<string> {
  const all = (): string[] => readdirSync(join(dir, 'data/containers'));
  const before = new Set(all());
  let next: string | undefined;
  await soon('a container is made', () => {
    next = all().find((id) => !before.has(id));
    return next !== undefined;
  });
  return next ?? '';
}

/** Docker's program listens on a port from the moment it has booked it. */
export async function booked({ host, port }: Start): Promise<void> {
  const listening = `:${port.toString(16).toUpperCase()} 00000000:0000 0A`;
  await soon('the port is booked', () =>
    readFileSync(`/proc/${dockerd(host)}/net/tcp`, 'utf8').includes(listening),
  );
}

/** runc has begun to make it. */
export async function begun({ host, container }: Start): Promise<void> {
  const dir = join(host.dir, 'exec/runtime-runc/moby', container);
  await soon('runc makes it', () => existsSync(dir));
}

/** It is made and waits to be let run; Docker has not heard of that. */
export async function made(start: Start): Promise<void> {
  await begun(start);
  // Docker is needed until it is made: runc asks it for the network.
  signal(containerd(start.host), 'SIGSTOP');
  await soon('it is made', () => processOf(start) > 0);
  signal(dockerd(start.host), 'SIGSTOP');
  signal(containerd(start.host), 'SIGCONT');
  await sleep(answerMs);
}

/** Its own program runs; Docker, which asked for that, has not heard of it. */
export async function running(start: Start): Promise<void> {
  await made(start);
  const pid = processOf(start);
  const shim = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const runs = (): boolean => !readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('runc');
  // Docker may ask only while nobody lets it run, and that may be done only while Docker hears nothing.
  for (let turn = 0; turn < 30 && !runs(); turn += 1) {
    signal(shim, 'SIGSTOP');
    signal(dockerd(start.host), 'SIGCONT');
    await sleep(answerMs);
    signal(dockerd(start.host), 'SIGSTOP');
    signal(shim, 'SIGCONT');
    await sleep(answerMs);
  }
  if (!runs()) throw new Error('waited in vain until it runs');
}

/** Within it one of Docker's parts has told another what it waits for. */
const answerMs = 300;

/** Of the container, from when it is made; 0 before. */
function processOf({ host, container }: Start): number {
  const bundle = join(host.dir, 'exec/containerd/daemon/io.containerd.runtime.v2.task/moby');
  const path = join(bundle, container, 'init.pid');
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
}

const numberIn = (path: string): number => Number(readFileSync(path, 'utf8'));
const dockerd = ({ dir }: Host): number => numberIn(join(dir, 'docker.pid'));
const containerd = ({ dir }: Host): number => numberIn(join(dir, 'exec/containerd/containerd.pid'));

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  // 0 would be this process and all beside it.
  if (!(pid > 1)) throw new Error(`no process to send ${name} to`);
  process.kill(pid, name);
}

/** Asks often enough for what lasts a few milliseconds. */
export async function soon(what: string, is: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn += 1) {
    if (is()) return;
    await sleep(2);
  }
  throw new Error(`waited in vain until ${what}`);
}
