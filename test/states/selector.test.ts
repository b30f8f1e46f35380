import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatches } from '../../states/glob.ts';
import { parseHostId } from '../../states/ids.ts';
import type { InventoryHost } from '../../states/model.ts';
import {
  matches,
  parseHostSelector,
  parseSelector,
  selectorText,
  type Selector,
} from '../../states/selector.ts';

function host(id: string, labels: InventoryHost['labels'] = {}): InventoryHost {
  const parsed = parseHostId(id);
  if (parsed === undefined) throw new Error(id);
  return { id: parsed, labels, facts: { os: 'linux', cpus: 4, role: 'a fact', zone: 'z1' } };
}

function selector(text: string, parse = parseSelector): Selector {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

const web = host('web-1', { ring: 'beta', role: 'app' });
const db = host('db-1', { ring: 'prod', role: 'db', drained: 'yes' });

describe('a selector', () => {
  it.each([
    ['*', true, true],
    [' * ', true, true],
    ['*,ring=beta', true, false],
    ['ring=beta', true, false],
    ['ring = beta', true, false],
    ['ring!=beta', false, true],
    ['nothing!=beta', true, true],
    ['role in (app,game)', true, false],
    ['role in(app , db)', true, true],
    ['role notin (app)', false, true],
    ['nothing notin (app)', true, true],
    ['nothing in (app)', false, false],
    ['drained', false, true],
    ['!drained', true, false],
    ['! drained', true, false],
    ['os=linux', true, true],
    ['os!=windows', true, true],
    ['cpus=4', true, true],
    ['cpus=04', false, false],
    ['role=db', false, true],
    ['id=web-1', true, false],
    ['id=web-*', true, false],
    ['id=*', true, true],
    ['id in (web-?,db-?)', true, true],
    ['id!=web-*', false, true],
    ['id', true, true],
    ['!id', false, false],
    ['zone', true, true],
    ['ring=beta,role in (app,game),id=web-*,!drained,os!=windows,role notin (x),zone', true, false],
    ['ring=beta,role=db', false, false],
    ['toString', false, false],
  ])('%s: web-1 %s, db-1 %s', (text, first, second) => {
    expect([matches(selector(text), web), matches(selector(text), db)]).toEqual([first, second]);
  });

  const how =
    'write conditions like ring=beta, role in (app,game), id=web-* or !drained, with commas between';
  it.each([
    ['', 'the selector is empty', 'write * for every host'],
    ['  ', 'the selector is empty', 'write * for every host'],
    ['a'.repeat(1_001), 'the selector is longer than 1000 characters', undefined],
    ['ring=beta,', '"ring=beta," has a comma too many', how],
    ['ring=beta,,zone', '"ring=beta,,zone" has a comma too many', how],
    ['role in (app', '"role in (app" has parentheses that do not pair', how],
    ['role in app)', '"role in app)" has parentheses that do not pair', how],
    ['role in ((app))', '"role in ((app))" has parentheses that do not pair', how],
    ['role in app', '"role in app" has no list', 'write role in (one,other)'],
    ['role notin', '"role notin" has no list', 'write role notin (one,other)'],
    ['role in ()', '"role in ()" has an empty value', how],
    ['role in (app,)', '"role in (app,)" has an empty value', how],
    ['ring=', '"ring=" has an empty value', how],
    ['=beta', '"=beta" is not a condition', how],
    ['ring==beta', '"ring==beta" has one = too many', 'did you mean ring=beta?'],
    ['ring=a=b', '"ring=a=b" has an odd value, "a=b"', how],
    ['ring=a b', '"ring=a b" has an odd value, "a b"', how],
    ['ring=be*', '"ring=be*" has a glob, and only id takes one', how],
    ['__proto__', '"__proto__" is not a condition', how],
    ['-x=1', '"-x=1" has no label or fact in "-x"', how],
    ['!', '"!" has no label or fact in ""', how],
    ['!ring=beta', '"!ring=beta" is not a condition', 'write ring!=beta'],
    ['web-*', '"web-*" is neither a label nor a fact', 'write id=web-* to select by id'],
    ['cpus>2', '"cpus>2" is not a condition', how],
    ['not drained', '"not drained" is not a condition', how],
    [
      'id=Web-1',
      '"id=Web-1" has no id of a host in "Web-1"',
      'ids are of a-z, 0-9, "." and "-"; * stands for any characters, ? for one',
    ],
  ])('%s is none', (text, problem, hint) => {
    const expected = { ok: false, problem, ...(hint === undefined ? {} : { hint }) };
    expect(parseSelector(text)).toEqual(expected);
  });

  const key = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/).filter((word) => word !== 'id');
  const value = fc.stringMatching(/^[a-z0-9.]{1,6}$/);
  const values = fc.array(value, { minLength: 1, maxLength: 3 });
  const term = fc.oneof(
    fc.record({ key, op: fc.constantFrom('in' as const, 'notin' as const), values }),
    fc.record({ key, op: fc.constantFrom('exists' as const, 'missing' as const) }),
    fc.constant({ key: 'id', op: 'in' as const, values: ['web-*', 'db-?'] }),
  );

  it('is read as it is written', () => {
    fc.assert(
      fc.property(fc.array(term, { maxLength: 5 }), (terms) => {
        expect(selector(selectorText({ terms }))).toEqual({ terms });
      }),
    );
  });

  it('never makes its parser throw', () => {
    const words = fc.constantFrom('(', ')', ',', '=', '!', 'in', ' ', 'a', '*', 'id', '\n', 'é');
    fc.assert(
      fc.property(fc.array(words, { maxLength: 14 }), (parts) => {
        const parsed = parseSelector(parts.join(''));
        if (parsed.ok) expect(selector(selectorText(parsed.value))).toEqual(parsed.value);
      }),
    );
  });
});

describe('a selector of hosts', () => {
  it.each([
    ['web-1', true, false],
    ['web-*', true, false],
    ['*', true, true],
    ['*-1', true, true],
    ['web-1,db-1', true, true],
    ['web-1, ring=beta', true, false],
    ['web-1,ring=prod', false, false],
    ['web-1,*', true, true],
    ['ring=beta', true, false],
    ['role in (app,db),!drained', true, false],
    ['ring', false, false],
    ['!drained', true, false],
  ])('%s: web-1 %s, db-1 %s', (text, first, second) => {
    const parsed = selector(text, parseHostSelector);
    expect([matches(parsed, web), matches(parsed, db)]).toEqual([first, second]);
  });

  it.each([
    ['Web_1', '"Web_1" is not the id of a host'],
    ['web-1,role in', '"role in" has no list'],
    ['web-1,', '"web-1," has a comma too many'],
    ['', 'the selector is empty'],
  ])('is not %s', (text, problem) => {
    expect(parseHostSelector(text)).toMatchObject({ ok: false, problem });
  });
});

describe('a glob', () => {
  it.each([
    ['web-*', 'web-1', true],
    ['web-*', 'web-', true],
    ['*web', 'the-web', true],
    ['w*b', 'wb', true],
    ['w?b', 'wb', false],
    ['w?b', 'wxb', true],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'axxbyy', false],
    ['.', 'x', false],
    ['', '', true],
    ['', 'x', false],
    ['**', 'x', true],
  ])('%s, %s: %s', (pattern, text, matched) => {
    expect(globMatches(pattern, text)).toBe(matched);
  });

  it('is what the regular expression of the same meaning says', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (glob, word) => {
        const source = glob.replaceAll('*', '.*').replaceAll('?', '.');
        expect(globMatches(glob, word)).toBe(new RegExp(`^${source}$`).test(word));
      }),
    );
  });

  it('comes to its end where a regular expression does not', () => {
    expect(globMatches('a*'.repeat(500) + 'b', 'a'.repeat(5_000))).toBe(false);
  });
});
