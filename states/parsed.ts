// What a small parser answers: the value, or what is wrong and what a right one looks like.

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string; readonly hint?: string };

export const right = <T>(value: T): Parsed<T> => ({ ok: true, value });

export const wrong = (problem: string, hint?: string): Parsed<never> =>
  hint === undefined ? { ok: false, problem } : { ok: false, problem, hint };

const shownCharsMax = 60;

/** What was written, in quotes and short enough for a line; line breaks and the like are escaped. */
export function quoted(text: string): string {
  const short = text.length > shownCharsMax ? `${text.slice(0, shownCharsMax - 1)}…` : text;
  return JSON.stringify(short);
}
