// What the Engine answered when an error of dockerode carries an answer.

import type { Refusal } from './errors.ts';

/** Undefined where the Engine gave no answer at all. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const text = error.message.replace(/^\(HTTP code \d+\) [^-]* - /, '').trim();
  return { status: Number(error.statusCode), text };
}

/** Undefined where the Engine refuses in this way: what was asked for is so already. */
export async function unless<T>(
  expected: number | RegExp,
  asked: Promise<T>,
): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    const { status, text } = refusal;
    if (expected instanceof RegExp ? expected.test(text) : expected === status) return undefined;
    throw error;
  }
}
