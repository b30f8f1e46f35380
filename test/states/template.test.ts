import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../states/template.ts';

const shown = (text: string): readonly unknown[] =>
  parseTemplate(text).map((part) =>
    typeof part === 'string' ? part : 'name' in part ? [part.name] : [part.raw, 'wrong'],
  );

describe('a text', () => {
  it.each([
    ['plain', ['plain']],
    ['', []],
    ['${vars.a}', [['vars.a']]],
    ['a${vars.b}c', ['a', ['vars.b'], 'c']],
    ['${vars.a}${env.name}', [['vars.a'], ['env.name']]],
    ['${host.labels.example.com/zone-1}', [['host.labels.example.com/zone-1']]],
    ['$${vars.a}', ['${vars.a}']],
    ['$$${vars.a}', ['$${vars.a}']],
    ['$${a}${vars.b}', ['${a}', ['vars.b']]],
    ['$5 and $HOME and $$', ['$5 and $HOME and $$']],
    ['${', [['${', 'wrong']]],
    ['a${b', ['a', ['${b', 'wrong']]],
    ['${a.}', [['${a.}', 'wrong']]],
    ['${.a}', [['${.a}', 'wrong']]],
    ['${a b}', [['${a b}', 'wrong']]],
    ['${${a}}', [['${${a}', 'wrong'], '}']],
  ])('%j is taken apart', (text, expected) => {
    expect(shown(text)).toEqual(expected);
  });

  it('without `${` is itself', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(text !== '' && !text.includes('${'));
        expect(parseTemplate(text)).toEqual([text]);
      }),
    );
  });

  it('loses nothing', () => {
    const pieces = fc.array(
      fc.constantFrom('$', '{', '}', '$${', '${', 'a', '.', ' ', '${vars.a}'),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        const back = parseTemplate(text)
          .map((part) => (typeof part === 'string' ? part.replaceAll('${', () => '$${') : part.raw))
          .join('');
        expect(back).toBe(text);
      }),
    );
  });
});
