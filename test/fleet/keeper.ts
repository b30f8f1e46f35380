// Waits beside a process that has hosts and removes them when it ends, however it ends: its standard
// input is a pipe from that process, and closes with it.

import { records } from './record.ts';
import { removeRecorded } from './local.ts';
import { identify, runs, sleep } from './process.ts';
import { sweep } from './leftovers.ts';

const [, , pid, record] = process.argv;
const owner = identify(Number(pid));

process.stdin.resume();
process.stdin.once('end', () => void finish());
process.stdin.once('error', () => void finish());

async function finish(): Promise<void> {
  while (owner !== undefined && runs(owner)) await sleep(20);
  if (record !== undefined) await removeRecorded(record);
  else if (records().length > 0) await sweep();
  process.exit(0);
}
