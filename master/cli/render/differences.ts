// What changes in one service of a host, a line for each thing: old → new.

import type { ServiceChange } from '../../api/contract.ts';
import type { Page } from './plan.ts';
import { cut, fit, harmless, widthOf, wrap } from './text.ts';

const indent = 6;
const whatColumnsMax = 24;

export function differenceLines(change: ServiceChange, { width, style }: Page): string[] {
  const { service, slot, kind, known, differences } = change;
  const name = harmless(slot > 1 ? `${service} ${slot}` : service);
  const title = `    ${style.bold(cut(name, width - 24))}  ${kindWords[kind]}`;
  if (kind === 'again' || kind === 'removed') return [title];
  const columns = Math.min(
    whatColumnsMax,
    Math.max(0, ...differences.map(({ what }) => widthOf(harmless(what)))),
  );
  const lines = differences.flatMap((each) => {
    const sign = each.from === null ? '+' : each.to === null ? '-' : '~';
    const paint = sign === '+' ? style.good : sign === '-' ? style.bad : style.busy;
    const text = [each.from, each.to].flatMap((value) => (value === null ? [] : [shown(value)]));
    const head = fit(harmless(each.what), columns);
    const [first = '', ...rest] = wrap(text.join(' → '), width - indent - 2 - columns - 2);
    const under = ' '.repeat(indent + 2 + columns + 2);
    return [
      `${' '.repeat(indent)}${paint(sign)} ${head}  ${first}`.trimEnd(),
      ...rest.map((line) => under + line),
    ];
  });
  return [title, ...lines, ...(known ? [] : unknown(width).map(style.dim))];
}

const kindWords: Readonly<Record<ServiceChange['kind'], string>> = {
  new: 'is new',
  changed: 'changes',
  removed: 'is removed',
  again: 'is the same as before, and made or started once more',
};

/** An empty value must be seen to be one. */
const shown = (value: string): string => (value === '' ? '""' : harmless(value));

const unknown = (width: number): string[] =>
  wrap(
    'what else its container was made with is not known here: it was not made for anything that is on record',
    width - indent,
  ).map((line) => ' '.repeat(indent) + line);
