// Processes that outlive a careless parent: each is known by its id and its start time together, so
// that a number the kernel has given to somebody else is never taken for ours.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';

export interface ProcessId {
  readonly pid: number;
  /** Clock ticks after the boot, as in `/proc/<pid>/stat`. */
  readonly started: string;
}

interface Ended {
  /** As a shell tells it: 128 and the signal's number for a process that was ended by one. */
  readonly code: number;
  /** Both outputs; empty where they went to a log. */
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly pid: number;
  readonly exited: Promise<Ended>;
  kill(signal?: NodeJS.Signals): void;
}

export interface SpawnOptions {
  /** A file that both outputs are appended to. */
  readonly log?: string | undefined;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Starts a process in a session of its own, out of reach of the terminal's signals. */
export function start(command: string, args: readonly string[], options: SpawnOptions): Running {
  const log = options.log === undefined ? undefined : openSync(options.log, 'a');
  const child = spawn(command, args, {
    detached: true,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', log ?? 'pipe', log ?? 'pipe'],
  });
  if (log !== undefined) closeSync(log);
  const texts = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  const exited = new Promise<Ended>((resolve) => {
    child.once('error', (error) => resolve({ code: 127, out: '', err: error.message }));
    child.once('close', (code, signal) => {
      resolve({ code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), ...texts });
    });
  });
  return {
    // A program that does not exist has no number; `exited` tells why.
    pid: child.pid ?? 0,
    exited,
    kill: (signal = 'SIGTERM') => {
      child.kill(signal);
    },
  };
}

/** Undefined where no such process runs; one that is dead and not yet buried does not. */
export function identify(pid: number): ProcessId | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name stands in brackets and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    const started = fields[19];
    return state === 'Z' || state === 'X' || started === undefined ? undefined : { pid, started };
  } catch {
    return undefined;
  }
}

export const runs = (id: ProcessId): boolean => identify(id.pid)?.started === id.started;

/** Ends processes at once and waits until they are gone. */
export async function end(processes: readonly ProcessId[]): Promise<void> {
  for (const id of processes.filter(runs)) {
    try {
      process.kill(id.pid, 'SIGKILL');
    } catch {
      // It went by itself in between.
    }
  }
  for (let turn = 0; turn < 500; turn += 1) {
    if (!processes.some(runs)) return;
    await sleep(10);
  }
  const left = processes.filter(runs).map(({ pid }) => pid);
  throw new Error(`processes do not end: ${left.join(', ')}`);
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
