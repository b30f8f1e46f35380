// The quick reader and the library must say the same of every text that the quick one reads.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSimple } from '../../states/simple-yaml.ts';
import { positionOf, sourceText, type Place } from '../../states/source-text.ts';
import type { Tree } from '../../states/tree.ts';
import { readWhole, readYaml } from '../../states/yaml.ts';
import { good } from './sample.ts';

/** `FUZZ_RUNS` of the environment makes it longer. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 1_000);

const span = ({ start, end }: Place): string => `${start}-${end}`;

/** The tree with every value, its source, and every place. */
function shown(tree: Tree): unknown {
  const at = span(tree.place);
  if (tree.kind === 'scalar') return { at, value: tree.value, source: tree.source };
  if (tree.kind === 'list') return { at, items: tree.items.map(shown) };
  return { at, entries: [...tree.entries].map(([key, e]) => [key, span(e.key), shown(e.value)]) };
}

/** Whether the quick reader read it. */
function compare(text: string): boolean {
  const quick = readSimple(sourceText('t.yaml', text));
  if (quick === undefined) return false;
  const { tree, diagnostics } = readWhole(sourceText('t.yaml', text));
  expect(diagnostics, text).toEqual([]);
  expect(shown(quick), text).toEqual(tree && shown(tree));
  return true;
}

const tame = [
  ...['api', 'a b', 'role=app', '8080:80', '1.42.0', '10s', '25%', '/up', '1', '0', '007', '1.10'],
  ...['1.', '.5', 'null', 'true', 'False', 'yes', '"q"', "'q'", '"a: b"', '""', 'a:b', '${vars.a}'],
  ...[
    '"${vars.a}"',
    '[a, b]',
    '{ a: 1 }',
    '[]',
    '{}',
    'x-y',
    'a-',
    'a  b',
    'http://a.b/c',
    '"# a"',
  ],
];
const wild = [
  ...[
    '!drained',
    '*',
    '-1',
    '+1',
    '1e3',
    '0x1F',
    '0o17',
    '.inf',
    '~',
    '"it\'s"',
    "'it''s'",
    '"\\n"',
  ],
  ...[
    'a#b',
    'a #b',
    'a: b',
    'a,b',
    'a, b',
    '[',
    ']',
    '{',
    '}',
    '[ ]',
    '[a,]',
    '[[a], {b: c}]',
    '{a: }',
  ],
  ...[
    '{ a }',
    '[a b, c]',
    '{"a": b}',
    '{a: b, a: c}',
    '&x y',
    '*x',
    '!t y',
    '|',
    '>',
    '@a',
    '`a',
    '%a',
  ],
  ...[
    '?',
    '-',
    '- a',
    '<<',
    '__proto__',
    'a:',
    ':a',
    '>=1.0',
    '"a" b',
    '[a]b',
    "it's",
    'a"b',
    '---',
  ],
  ...[
    'a? b!',
    'a&b|c',
    'a;b',
    'a]b',
    'a{b',
    '[a:b]',
    '[a:, b]',
    '{a: b:c}',
    '[1.10, null]',
    'é',
    'a\t',
  ],
];
const word = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...tame) },
  { weight: 1, arbitrary: fc.constantFrom(...wild) },
);
const shape = fc.oneof(
  { weight: 6, arbitrary: word.map((value) => `K: ${value}`) },
  { weight: 3, arbitrary: word.map((value) => `- ${value}`) },
  { weight: 3, arbitrary: fc.constantFrom('K:', '# c', '', '"K":', 'K:  a') },
  { weight: 1, arbitrary: fc.tuple(word, word).map(([key, value]) => `${key}: ${value}`) },
  {
    weight: 1,
    arbitrary: fc.oneof(word, fc.constantFrom('- - a', '- K: b', '-', 'K: # d', 'K:e', '-   a')),
  },
);
const tail = fc.oneof(
  { weight: 8, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(' ', ' # c', '#c', '  ') },
);
/** Keys of their own; indented by what would be right, or by anything. */
const lines = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(0, 0, 0, 2, 2, 4, 1), shape, tail), { maxLength: 6 }),
    fc.constantFrom('\n', '\n', '', '\n\n', '\r\n'),
  )
  .map(([all, end]) => {
    const written = all.map(([indent, text, rest], index) => {
      const before = all[index - 1]?.[1] ?? '';
      const below = before.endsWith('K:') && indent > 0 ? 2 : indent === 0 ? 0 : indent - 1;
      return ' '.repeat(below) + text.replace('K', `k${index}`) + rest;
    });
    return written.join('\n') + end;
  });

/** Well-formed: a map of words, lists and maps in block and flow style. */
const { block } = fc.letrec<{ block: string; value: string; flow: string }>((tie) => ({
  flow: fc.oneof(
    { depthSize: 'small' },
    word,
    fc.array(tie('flow'), { maxLength: 3 }).map((all) => `[${all.join(', ')}]`),
    fc
      .array(fc.tuple(fc.constantFrom('a', 'b', '"c"', 'd-e'), tie('flow')), { maxLength: 3 })
      .map((all) => `{ ${all.map(([key, value]) => `${key}: ${value}`).join(', ')} }`),
  ),
  value: fc.oneof(
    { depthSize: 'small' },
    tie('flow').map((flow) => ` ${flow}`),
    fc
      .array(word, { minLength: 1, maxLength: 3 })
      .map((all) => all.map((w) => `\n- ${w}`).join('')),
    tie('block').map((inner) => `\n${inner}`.replaceAll('\n', '\n  ')),
  ),
  block: fc
    .uniqueArray(fc.constantFrom('a', 'b', 'c', '"d"', 'e_f', 'null', '7'), {
      minLength: 1,
      maxLength: 4,
    })
    .chain((keys) => fc.tuple(...keys.map((key) => tie('value').map((value) => `${key}:${value}`))))
    .map((all) => all.join('\n')),
}));

const mutated = fc
  .tuple(
    fc.constantFrom(...Object.values(good)),
    fc.nat(),
    fc.nat(6),
    fc.oneof(word, fc.string({ maxLength: 3 })),
  )
  .map(([text, at, length, piece]) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + piece + text.slice(from + length);
  });

describe('what is read quickly is what the library reads', () => {
  it('in lines of anything', () => {
    fc.assert(
      fc.property(lines, (text) => void compare(text)),
      { numRuns },
    );
  });

  it('in maps that are well formed', () => {
    fc.assert(
      fc.property(block, (text) => void compare(text)),
      { numRuns },
    );
  });

  it('in states with a piece of something else', () => {
    fc.assert(
      fc.property(mutated, (text) => void compare(text)),
      { numRuns },
    );
  });

  it.each(Object.entries(good))('in %s, which is read quickly', (_, text) => {
    expect(compare(text)).toBe(true);
  });

  it.each([
    'a: 1 # one\n\n# two\nb:\n# three\n  c: d\n  # four\n  e: [f, "g", { h: i }]\nj:\n- k\n- l m\nn:\n  - o\n',
    'a: "x: y # z"\nb: ${vars.a}:80\nc: a,b\nd: [a:b, http://c/d]\n"e": \'f\'\n',
    'a: 1.10\nb: 0.5\nc: 010\nd: 1.42.0\ne: True\nf: null\ng: 7d\nh: .5\n',
  ])('in %j, which is read quickly', (text) => {
    expect(compare(text)).toBe(true);
  });

  it('down to the line and the column', () => {
    const text = 'a: 1\n\n# c\nb:\n  c: d\n';
    const { tree } = readYaml(sourceText('t.yaml', text));
    const inner = tree?.kind === 'map' ? tree.entries.get('b')?.value : undefined;
    expect(inner && positionOf(inner.place)).toEqual({ file: 't.yaml', line: 5, column: 3 });
  });
});
