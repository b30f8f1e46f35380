// One condition of a selector, from its text.

import { quoted, right, wrong, type Parsed } from './parsed.ts';

export type Term =
  | { readonly key: string; readonly op: 'in' | 'notin'; readonly values: readonly string[] }
  | { readonly key: string; readonly op: 'exists' | 'missing' };

export const termHint =
  'write conditions like ring=beta, role in (app,game), id=web-* or !drained, with commas between';

export const idHint = 'ids are of a-z, 0-9, "." and "-"; * stands for any characters, ? for one';

export function parseTerm(part: string): Parsed<Term> {
  const [, inKey, listOp, list] = /^(\S+)\s+(in|notin)\s*\((.*)\)$/s.exec(part) ?? [];
  if (inKey !== undefined && list !== undefined) {
    const values = list.split(',').map((value) => value.trim());
    return valued(part, inKey, listOp === 'in' ? 'in' : 'notin', values);
  }
  const [, unlisted, op] = /^(\S+)\s+(in|notin)(?=\s|$)/.exec(part) ?? [];
  if (unlisted !== undefined) {
    return wrong(`${quoted(part)} has no list`, `write ${unlisted} ${op} (one,other)`);
  }
  const [, doubled, same] = /^([^\s=!]+)\s*==\s*(.*)$/s.exec(part) ?? [];
  if (doubled !== undefined) {
    return wrong(`${quoted(part)} has one = too many`, `did you mean ${doubled}=${same}?`);
  }
  const [, key, compare, value] = /^([^\s=!]+)\s*(=|!=)\s*(.*)$/s.exec(part) ?? [];
  if (key !== undefined && value !== undefined) {
    return valued(part, key, compare === '!=' ? 'notin' : 'in', [value]);
  }
  return part.startsWith('!') ? missing(part) : exists(part);
}

function valued(
  part: string,
  key: string,
  op: 'in' | 'notin',
  values: readonly string[],
): Parsed<Term> {
  if (!isKey(key)) return noKey(part, key);
  for (const value of values) {
    if (value === '') return wrong(`${quoted(part)} has an empty value`, termHint);
    if (key === 'id' && !isIdOrGlob(value)) {
      return wrong(`${quoted(part)} has no id of a host in ${quoted(value)}`, idHint);
    }
    if (key !== 'id' && /[*?]/.test(value)) {
      return wrong(`${quoted(part)} has a glob, and only id takes one`, termHint);
    }
    if (odd.test(value)) {
      return wrong(`${quoted(part)} has an odd value, ${quoted(value)}`, termHint);
    }
  }
  return right({ key, op, values });
}

function missing(part: string): Parsed<Term> {
  const key = part.slice(1).trim();
  if (isKey(key)) return right({ key, op: 'missing' });
  const [, first, second] = /^([^\s=]+)\s*==?\s*(\S+)$/.exec(key) ?? [];
  if (first === undefined) return noKey(part, key);
  return wrong(`${quoted(part)} is not a condition`, `write ${first}!=${second}`);
}

function exists(part: string): Parsed<Term> {
  if (isKey(part)) return right({ key: part, op: 'exists' });
  return isIdOrGlob(part)
    ? wrong(`${quoted(part)} is neither a label nor a fact`, `write id=${part} to select by id`)
    : wrong(`${quoted(part)} is not a condition`, termHint);
}

const odd = /[\s,()=!]/;

/** What a selector can name: no more is given to a host as a label. */
export const isLabelValue = (text: string): boolean =>
  /^[^*?\p{C}]{1,255}$/u.test(text) && !odd.test(text);

const noKey = (part: string, key: string): Parsed<never> =>
  wrong(`${quoted(part)} has no label or fact in ${quoted(key)}`, termHint);

const isKey = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/.test(text);

export const isIdOrGlob = (text: string): boolean => /^[a-z0-9.*?-]{1,63}$/.test(text);
