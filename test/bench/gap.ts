// The longest time for which a client had no answer while something was changed.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sleep } from '../fleet/process.ts';

const client = join(import.meta.dirname, 'gap-client.ts');
/** An answer that was under way when the change began or ended is still counted. */
const aroundMs = 300;

interface Asked {
  readonly url: string;
  /** The process whose network the client stands in; without it, this machine's. */
  readonly beside?: { readonly pid: number; readonly nameServer: string };
}

/** Milliseconds. Rejects where nothing answers before the change, or always the same does. */
export async function gapDuring(
  { url, beside }: Asked,
  change: () => Promise<unknown>,
): Promise<number> {
  const inside = beside === undefined ? [] : ['nsenter', `--net=/proc/${beside.pid}/ns/net`];
  const servers = beside === undefined ? [] : [beside.nameServer];
  const [program = '', ...args] = [...inside, process.execPath, client, url, ...servers];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    await within(seenWithinMs, lines.next(), `${url} does not answer`);
    await sleep(aroundMs);
    await change();
    // Whoever made the change may think that it is over before anybody can see it.
    await within(seenWithinMs, lines.next(), `${url} was not changed`);
    await sleep(aroundMs);
    child.kill('SIGTERM');
    // With two versions at once it may have gone to and fro.
    let last = '';
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      last = line.value;
    }
    return Number(last);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

const seenWithinMs = 10_000;

async function within<T>(ms: number, work: Promise<T>, late: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(late)), ms);
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
  }
}
