// An error as text: what, where, what to do. Diagnostics come rendered and are given as they are.

import type { Problem } from '../problem.ts';
import type { Style } from './style.ts';
import { harmless, harmlessLines } from './text.ts';

export function errorText(problem: Problem, style: Style): string {
  const { data, hint, rendered, stack } = problem;
  const where =
    data.at === undefined ? data.where : `${data.at.file}:${data.at.line}:${data.at.column}`;
  return [
    ...(rendered === undefined || rendered === '' ? [] : [harmlessLines(rendered).trimEnd(), '']),
    `${style.bad('error:')} ${harmlessLines(data.message)} ${style.dim(`[${data.code}]`)}`,
    ...(where === undefined ? [] : [`  where: ${harmless(where)}`]),
    ...(hint === '' ? [] : [`  hint: ${harmless(hint)}`]),
    ...(stack === undefined ? [] : [style.dim(harmlessLines(stack))]),
  ].join('\n');
}
