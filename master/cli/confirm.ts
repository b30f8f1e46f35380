// Asks a person; everything but a yes is a no.

import type { Context } from './context.ts';

export async function confirmed(context: Context, question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stdout });
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
    context.out('');
    return false;
  } finally {
    lines.close();
  }
}
