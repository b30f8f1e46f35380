// `minion start`: the daemon, in the foreground, until SIGTERM or SIGINT. Its log goes to standard
// output: JSON for machines, one plain line each for a person at a terminal.

import { pino, type Logger } from 'pino';
import { realWorld } from '../../protocol/world.ts';
import { startMinion } from '../daemon.ts';
import { logLine } from './log-line.ts';
import type { GlobalOptions } from './program.ts';

type Out = ReturnType<typeof pino.destination>;

export async function start({ dir, debug }: GlobalOptions): Promise<number> {
  const out = process.stdout.isTTY ? undefined : pino.destination(1);
  const log = makeLog(debug === true ? 'debug' : 'info', out);
  const ended = endAsked(out);
  void ended.then(() => {
    exitIn(endMsMax, 1);
  });
  const minion = await startMinion({ dir, world: realWorld, log });
  const why = await Promise.race([ended, minion.failed]);
  if (typeof why !== 'string') {
    log.fatal({ err: why }, 'the minion cannot go on');
    await minion.close();
    throw why;
  }
  log.info({ signal: why }, 'the minion ends; containers stay as they are');
  await minion.close();
  const code = why === 'EPIPE' ? readerGone : 0;
  exitIn(lingerMs, code);
  return code;
}

/** The master's programs say the same: what was begun goes on, nobody is told any more. */
const readerGone = 130;
const lingerMs = 500;
/** Also where it cannot be opened, or closed, to the end. */
const endMsMax = 30_000;

/** At the latest: what a call to the Engine still waits for must not keep the process. */
function exitIn(ms: number, code: number): void {
  setTimeout(() => process.exit(code), ms).unref();
}

/**
 * Resolves with the signal that asked the process to end, a second one then ends it at once; or with
 * EPIPE where whoever read its log has left.
 */
function endAsked(out: Out | undefined): Promise<NodeJS.Signals | 'EPIPE'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve(signal);
      });
    }
    out?.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') resolve(code);
    });
  });
}

function makeLog(level: string, out: Out | undefined): Logger {
  const base = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(base, out ?? { write: (line) => void process.stdout.write(logLine(line)) });
}
