// `minion start`: the daemon, in the foreground, until SIGTERM or SIGINT. Its log goes to standard
// output: JSON for machines, one plain line each for a person at a terminal.

import { pino, type Logger } from 'pino';
import { realWorld } from '../../protocol/world.ts';
import { startMinion } from '../daemon.ts';
import { logLine } from './log-line.ts';
import type { GlobalOptions } from './program.ts';

export async function start({ dir, debug }: GlobalOptions): Promise<number> {
  const log = makeLog(debug === true ? 'debug' : 'info');
  const ended = endAsked();
  const minion = await startMinion({ dir, world: realWorld, log });
  const why = await Promise.race([ended, minion.failed]);
  if (typeof why !== 'string') {
    log.fatal({ err: why }, 'the minion cannot go on');
    await minion.close();
    throw why;
  }
  log.info({ signal: why }, 'the minion ends; containers stay as they are');
  await minion.close();
  // What a call to the Engine still waits for must not keep the process.
  setTimeout(() => process.exit(0), lingerMs).unref();
  return 0;
}

const lingerMs = 500;

/** Resolves with the signal that asked the process to end; a second one then ends it at once. */
function endAsked(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve(signal);
      });
    }
  });
}

function makeLog(level: string): Logger {
  const base = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!process.stdout.isTTY) return pino(base);
  return pino(base, { write: (line) => void process.stdout.write(logLine(line)) });
}
