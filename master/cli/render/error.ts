// An error as text: what, where, what to do. Diagnostics come rendered and are given as they are.

import type { Problem } from '../problem.ts';
import type { Style } from './style.ts';
import { harmless, harmlessLines, wrap } from './text.ts';

/** `width`: of the terminal; into a file nothing is broken. */
export function errorText(problem: Problem, style: Style, width = Infinity): string {
  const { data, hint, rendered, stack } = problem;
  const where =
    data.at === undefined ? data.where : `${data.at.file}:${data.at.line}:${data.at.column}`;
  return [
    ...(rendered === undefined || rendered === '' ? [] : [harmlessLines(rendered).trimEnd(), '']),
    ...said(data, width)
      .map((line) => line.replace(/\[[A-Z_]+\]$/, style.dim))
      .map((line, at) => (at === 0 ? `${style.bad('error:')} ${line}` : line)),
    ...(where === undefined ? [] : [`  where: ${harmless(where)}`]),
    ...(hint === '' ? [] : hanging('  hint: ', harmless(hint), width)),
    ...(stack === undefined ? [] : [style.dim(harmlessLines(stack))]),
  ].join('\n');
}

/** Words of several lines, as git's, are given as they are. */
function said({ message, code }: Problem['data'], width: number): string[] {
  const text = `${harmlessLines(message)} [${code}]`;
  if (text.includes('\n') || !Number.isFinite(width)) return [text];
  const [first = '', ...rest] = wrap(text, width - 'error: '.length);
  return [first, ...rest.map((line) => `       ${line}`)];
}

function hanging(head: string, text: string, width: number): string[] {
  if (!Number.isFinite(width)) return [head + text];
  return wrap(text, width - head.length).map(
    (line, at) => (at === 0 ? head : ' '.repeat(head.length)) + line,
  );
}
