// Which hosts are meant: conditions on id, labels and facts, all of which must hold.
//
//   ring=beta   role in (app,game)   id=web-*   os!=windows   role notin (db)   zone   !drained   *

import { globMatches } from './glob.ts';
import type { InventoryHost } from './model.ts';
import { quoted, right, wrong, type Parsed } from './parsed.ts';
import { idHint, isIdOrGlob, parseTerm, termHint, type Term } from './selector-term.ts';

export type { Term } from './selector-term.ts';

/** No terms: every host. The values of `id` may be globs. */
export interface Selector {
  readonly terms: readonly Term[];
}

/** As it stands in the states: `hosts:` and `targets:`. */
export const parseSelector = (text: string): Parsed<Selector> =>
  parseTerms(text, (part) => (part === '*' ? right(undefined) : parseTerm(part)));

/** As `--host` takes it: bare words are ids or globs of ids, and any one of them is enough. */
export function parseHostSelector(text: string): Parsed<Selector> {
  const ids: string[] = [];
  const parsed = parseTerms(text, (part) => {
    if (isIdOrGlob(part)) {
      ids.push(part);
      return right(undefined);
    }
    const term = parseTerm(part);
    if (!term.ok || term.value.op !== 'exists') return term;
    return wrong(`${quoted(part)} is not the id of a host`, idHint);
  });
  if (!parsed.ok || ids.length === 0 || ids.includes('*')) return parsed;
  return right({ terms: [{ key: 'id', op: 'in', values: ids }, ...parsed.value.terms] });
}

/** A label wins over a fact of the same key; `!=` and `notin` hold where there is neither. */
export const matches = (selector: Selector, host: InventoryHost): boolean =>
  selector.terms.every((term) => termHolds(term, valueOf(host, term.key)));

function termHolds(term: Term, value: string | undefined): boolean {
  if (!('values' in term)) return (value !== undefined) === (term.op === 'exists');
  const equal = term.key === 'id' ? globMatches : (one: string, other: string) => one === other;
  const found = value !== undefined && term.values.some((wanted) => equal(wanted, value));
  return found === (term.op === 'in');
}

function valueOf(host: InventoryHost, key: string): string | undefined {
  if (key === 'id') return host.id;
  if (Object.hasOwn(host.labels, key)) return host.labels[key];
  return Object.hasOwn(host.facts, key) ? String(host.facts[key]) : undefined;
}

/** The shortest text that parses to the same. */
export const selectorText = ({ terms }: Selector): string =>
  terms.length === 0 ? '*' : terms.map(termText).join(',');

function termText(term: Term): string {
  switch (term.op) {
    case 'exists':
      return term.key;
    case 'missing':
      return `!${term.key}`;
    case 'in':
    case 'notin': {
      const [only = '', ...more] = term.values;
      if (more.length > 0) return `${term.key} ${term.op} (${term.values.join(',')})`;
      return `${term.key}${term.op === 'in' ? '=' : '!='}${only}`;
    }
  }
}

const textCharsMax = 1_000;

function parseTerms(
  text: string,
  parse: (part: string) => Parsed<Term | undefined>,
): Parsed<Selector> {
  if (text.length > textCharsMax) {
    return wrong(`the selector is longer than ${textCharsMax} characters`);
  }
  if (text.trim() === '') return wrong('the selector is empty', 'write * for every host');
  const parts = conditions(text);
  if (parts === undefined) {
    return wrong(`${quoted(text)} has parentheses that do not pair`, termHint);
  }
  const terms: Term[] = [];
  for (const part of parts) {
    if (part === '') return wrong(`${quoted(text)} has a comma too many`, termHint);
    const parsed = parse(part);
    if (!parsed.ok) return parsed;
    if (parsed.value !== undefined) terms.push(parsed.value);
  }
  return right({ terms });
}

/** Parted at the commas outside parentheses; undefined where those do not pair. */
function conditions(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (const char of text) {
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (depth < 0 || depth > 1) return undefined;
    if (char === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else {
      part += char;
    }
  }
  return depth === 0 ? [...parts, part.trim()] : undefined;
}
