// Asks a person; everything but a yes is a no. The question goes to standard error, so that it is seen
// where the output goes into a pipe or a file.

import { fault } from '../../states/faults.ts';
import type { Context } from './context.ts';

/** Throws BAD_USAGE where nobody is there to say yes: what changes hosts is never taken for agreed. */
export function refuseUnasked(
  { interactive }: Context,
  verb: string,
  does = 'changes hosts',
): void {
  if (interactive) return;
  const why = 'it asks first, and there is no terminal to ask at';
  throw fault('BAD_USAGE', `${verb} ${does}: ${why}. With --yes it goes on without asking`);
}

/** Where the person reads who is asked: standard output may be a pipe, or hold JSON. */
export const told = (context: Context): Context['out'] =>
  context.terminal && !context.json ? context.out : context.err;

export async function confirmed(context: Context, question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const output = process.stderr.isTTY ? process.stderr : process.stdout;
  const lines = createInterface({ input: process.stdin, output });
  const leave = new AbortController();
  lines.once('SIGINT', () => {
    leave.abort();
  });
  // The end of the input is an answer too: without it the question would stay open for ever.
  lines.once('close', () => {
    leave.abort();
  });
  try {
    const prompt = `\n${context.style.bold(question)} [y/N] `;
    const answer = await lines.question(prompt, { signal: leave.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    context.err('');
    return false;
  } finally {
    lines.close();
  }
}
