// `master start`: runs the master in this process until it is asked to end.

import { pino } from 'pino';
import { startDaemon } from '../../daemon.ts';
import { endAsked } from '../../lifecycle.ts';
import { version } from '../../version.ts';
import type { Context } from '../context.ts';
import { exits } from '../exit.ts';
import { logLine } from '../render/log.ts';

export interface StartOptions {
  readonly log: string;
}

export async function start(context: Context, options: StartOptions): Promise<number> {
  const { dir } = context.target;
  // Not the process's own stream: its end would be the end of the program, in no order at all.
  const out = context.terminal ? undefined : pino.destination(1);
  const log = pino(
    { level: options.log, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    out ?? { write: (line) => context.out(logLine(line, context.style)) },
  );
  const asked = endAsked(process, out);
  void asked.then(() => {
    exitIn(endMsMax, exits.invalid);
  });
  const daemon = await startDaemon({ dir, log });
  log.info({ version: version(), dir, ...daemon.addresses }, 'ready');
  const signal = await asked;
  log.info({ signal }, 'ending; what runs on the hosts runs on');
  await daemon.close();
  log.info('ended');
  const code = signal === 'EPIPE' ? exits.detached : exits.converged;
  exitIn(lingerMs, code);
  return code;
}

/** Also where its parts cannot be opened, or closed, to the end. */
const endMsMax = 30_000;
const lingerMs = 500;

/** At the latest: whoever is still connected must not keep a process that has ended its work. */
function exitIn(ms: number, code: number): void {
  setTimeout(() => process.exit(code), ms).unref();
}
