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
  const log = pino(
    { level: options.log, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    context.terminal
      ? { write: (line) => context.out(logLine(line, context.style)) }
      : process.stdout,
  );
  const asked = endAsked(process);
  const daemon = await startDaemon({ dir, log });
  log.info({ version: version(), dir, ...daemon.addresses }, 'ready');
  const signal = await asked;
  log.info({ signal }, 'ending; what runs on the hosts runs on');
  await daemon.close();
  log.info('ended');
  return exits.converged;
}
