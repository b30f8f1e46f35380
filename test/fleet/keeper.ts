// Waits beside a process that has fleets and removes them when it ends, however it ends: its standard
// input is a pipe from that process, and closes with it.

import { records } from './record.ts';
import { identify, runs, sleep } from './process.ts';
import { sweep } from './leftovers.ts';

const [owner] = [identify(Number(process.argv[2]))];

process.stdin.resume();
process.stdin.once('end', () => void finish());
process.stdin.once('error', () => void finish());

async function finish(): Promise<void> {
  while (owner !== undefined && runs(owner)) await sleep(20);
  if (records().length > 0) await sweep();
  process.exit(0);
}
