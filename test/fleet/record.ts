// What a fleet has brought into being, on disk before it exists: whoever comes after a killed run
// finds there by name what it left, and takes away that and nothing else.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify, sleep, type ProcessId } from './process.ts';

/** Only root writes there: what stands in a record is ended without a question. */
const recordsDir = '/run/brine-fleets';
const fleetsMax = 200;

export interface FleetRecord {
  /** Names the bridge, the namespaces, the control groups and the subnet. */
  readonly number: number;
  /** The process that the fleet belongs to. */
  readonly owner: ProcessId;
  /** It stays when its owner ends, until it is asked to go. */
  kept: boolean;
  readonly dir: string;
  hosts: number;
  readonly processes: ProcessId[];
}

export const bridgeName = (number: number): string => `brine${number}`;
export const hostName = (number: number, host: number): string => `brine${number}-${host}`;
export const vethName = (number: number, host: number): string => `brine${number}v${host}`;

/** Takes the lowest number that nobody has, under {@link locked}. */
export function claim(hosts: number): FleetRecord {
  const taken = new Set(records().map(({ number }) => number));
  const number = Array.from({ length: fleetsMax }, (_, index) => index + 1).find(
    (each) => !taken.has(each),
  );
  const owner = identify(process.pid);
  if (number === undefined || owner === undefined) throw new Error('no number is free for a fleet');
  const dir = join(tmpdir(), `brine-fleet-${randomBytes(6).toString('hex')}`);
  const record: FleetRecord = { number, owner, kept: false, dir, hosts, processes: [] };
  save(record);
  return record;
}

/** Writes the record whole; a reader never sees a part of it. */
export function save(record: FleetRecord): void {
  mkdirSync(recordsDir, { recursive: true, mode: 0o700 });
  const path = recordPath(record.number);
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function forget(record: FleetRecord): void {
  rmSync(recordPath(record.number), { force: true });
}

export function records(): FleetRecord[] {
  let names: string[];
  try {
    names = readdirSync(recordsDir).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  return names.map(
    (name) => JSON.parse(readFileSync(join(recordsDir, name), 'utf8')) as FleetRecord,
  );
}

const recordPath = (number: number): string => join(recordsDir, `${number}.json`);

/**
 * Does something that only one process of this machine may do at a time. The lock is a name in the
 * kernel, not a file: it goes with the process that holds it.
 */
export async function locked<T>(work: () => Promise<T>): Promise<T> {
  const server = createServer();
  const listening = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE') resolve(false);
        else reject(error);
      });
      server.listen('\0brine-fleets', () => resolve(true));
    });
  for (let turn = 0; !(await listening()); turn += 1) {
    if (turn > 1_200) throw new Error('another fleet has held the lock for a minute');
    server.removeAllListeners();
    await sleep(50);
  }
  try {
    return await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
