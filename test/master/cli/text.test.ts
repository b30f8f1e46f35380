import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coloured } from '../../../master/cli/render/style.ts';
import { table } from '../../../master/cli/render/table.ts';
import {
  cut,
  fit,
  harmless,
  harmlessLines,
  listed,
  widthOf,
  wrap,
} from '../../../master/cli/render/text.ts';
import { ago, clock, duration } from '../../../master/cli/render/time.ts';
import { plain } from '../../../master/cli/render/style.ts';

describe('harmless', () => {
  it.each([
    ['colours vanish', '\u001b[1;31mred\u001b[0m', 'red'],
    ['a cleared screen is shown, not done', 'a\u001b[2Jb', 'a␛[2Jb'],
    ['a window title is shown, not set', '\u001b]0;owned\u0007', '␛]0;owned␇'],
    ['one-byte sequences of C1', 'a\u009b2Jb', 'a�2Jb'],
    ['a carriage return cannot hide what stood before', 'failed\rfine', 'failed␍fine'],
    ['a line break cannot forge a line', 'a\nb', 'a␊b'],
    ['text cannot be reordered', 'a\u202eb', 'a�b'],
    ['half a character', 'a\ud800b', 'a�b'],
    ['a tab keeps words apart', 'a\tb', 'a  b'],
    ['other scripts stay', 'größer 日本 🚀', 'größer 日本 🚀'],
  ])('%s', (_, raw, shown) => {
    expect(harmless(raw)).toBe(shown);
  });

  it('leaves nothing in any text that a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (raw) => {
        expect(harmless(raw)).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it('keeps the line breaks of a text that is meant to have them', () => {
    expect(harmlessLines('a\r\nb\u0007\nc')).toBe('a\nb␇\nc');
  });
});

describe('width', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['🚀', 2],
    [coloured.bad('red'), 3],
  ])('of %j is %i', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  it('is never more than asked for after a cut, and exactly it after a fit', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 40 }),
        (raw, columns) => {
          const text = harmless(raw);
          expect(widthOf(cut(text, columns))).toBeLessThanOrEqual(columns);
          expect(widthOf(fit(text, columns))).toBe(columns);
        },
      ),
    );
  });

  it('marks what was cut', () => {
    expect(cut('api-gateway', 6)).toBe('api-g…');
    expect(cut('api', 3)).toBe('api');
    expect(cut('日本語', 4)).toBe('日…');
  });
});

describe('words', () => {
  it('break at spaces, but never between a number and its unit', () => {
    expect(wrap('waits for 640 ms and goes on', 12)).toEqual([
      'waits for',
      '640 ms and',
      'goes on',
    ]);
    expect(wrap('in 2 hosts', 5)).toEqual(['in 2', 'hosts']);
    expect(wrap('unbreakable', 6)).toEqual(['unbre…']);
  });

  it('list names up to a bound', () => {
    expect(listed(['a', 'b'], 2)).toBe('a, b');
    expect(listed(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
  });
});

describe('times', () => {
  it.each([
    [0, '0 ms'],
    [640.4, '640 ms'],
    [8_200, '8.2 s'],
    [10_000, '10 s'],
    [59_990, '1 m 00 s'],
    [184_000, '3 m 04 s'],
    [7_800_000, '2 h 10 m'],
    [356_400_000, '4 d 3 h'],
  ])('%i ms is %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  it('run as a clock, also past an hour, never below zero', () => {
    expect([clock(-5), clock(7_900), clock(3_723_000)]).toEqual(['0:00', '0:07', '1:02:03']);
  });

  it('are told from the present', () => {
    expect([ago(1_000, 1_500), ago(0, 59_000), ago(0, 60_000), ago(0, 172_800_000)]).toEqual([
      'just now',
      '59 s ago',
      '1 m ago',
      '2 d ago',
    ]);
  });
});

describe('table', () => {
  const rows = [
    ['web-1', 'a very long label that goes on and on'],
    ['db', 'short'],
  ];

  it('is as wide as it needs', () => {
    expect(table({ head: ['HOST', 'LABELS'], rows }, 80, plain)).toEqual([
      'HOST   LABELS',
      'web-1  a very long label that goes on and on',
      'db     short',
    ]);
  });

  it('cuts the widest column first where it must', () => {
    expect(table({ head: ['HOST', 'LABELS'], rows }, 20, plain)).toEqual([
      'HOST   LABELS',
      'web-1  a very long …',
      'db     short',
    ]);
  });
});
