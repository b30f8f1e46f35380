import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatSize,
  parseDuration,
  parsePercent,
  parseSize,
} from '../../states/units.ts';

describe('a duration', () => {
  it.each([
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['0s', 0],
    ['1.5s', 1_500],
    ['2.3m', 138_000],
    ['30d', 2_592_000_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: ms });
  });

  const how = 'write a number and its unit, like 500ms, 10s, 1m30s, 2h or 7d';
  it.each([
    ['', 'an empty text is not a duration', how],
    ['10', '"10" has no unit', how],
    ['1m30', '"1m30" has no unit', how],
    ['-5s', '"-5s" is negative', how],
    ['10 s', '"10 s" has a space between number and unit', how],
    ['10sec', '"10sec" has an unknown unit, "sec"', how],
    ['10S', '"10S" has an unknown unit, "S"', how],
    ['1w', '"1w" has an unknown unit, "w"', how],
    ['soon', '"soon" is not a duration', how],
    ['.5s', '".5s" is not a duration', how],
    ['1..5s', '"1..5s" is not a duration', how],
    ['30s1m', '"30s1m" is out of order', 'the largest unit comes first, like 1m30s'],
    ['1s1s', '"1s1s" is out of order', 'the largest unit comes first, like 1m30s'],
    ['0.0001s', '"0.0001s" is finer than a millisecond', how],
    ['31d', '"31d" is longer than 30d', 'at most 30d'],
    [`${'9'.repeat(400)}s`, `"${'9'.repeat(59)}…" is longer than 30d`, 'at most 30d'],
  ])('%s is none', (text, problem, hint) => {
    expect(parseDuration(text)).toEqual({ ok: false, problem, hint });
  });

  it('is read as it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 * 86_400_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toEqual({ ok: true, value: ms });
      }),
    );
  });

  it.each([
    [0, '0s'],
    [650, '650ms'],
    [90_000, '1m30s'],
    [86_400_000, '1d'],
  ])('%d ms is written %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('a size', () => {
  it.each([
    ['64k', 65_536],
    ['512m', 536_870_912],
    ['1g', 1_073_741_824],
    ['1.5g', 1_610_612_736],
    ['2t', 2_199_023_255_552],
    ['100b', 100],
    ['512M', 536_870_912],
    ['512mb', 536_870_912],
    ['512MiB', 536_870_912],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toEqual({ ok: true, value: bytes });
  });

  const how = 'write a number and its unit, like 64k, 512m or 1g (powers of 1024)';
  it.each([
    ['', 'an empty text is not a size', how],
    ['512', '"512" has no unit', how],
    ['-1g', '"-1g" is negative', how],
    ['512 m', '"512 m" has a space between number and unit', how],
    ['512x', '"512x" has an unknown unit, "x"', how],
    ['512mm', '"512mm" has an unknown unit, "mm"', how],
    ['512bb', '"512bb" has an unknown unit, "bb"', how],
    ['1g512m', '"1g512m" is not a size', how],
    ['much', '"much" is not a size', how],
    ['0m', '"0m" is nothing at all', how],
    ['0.3b', '"0.3b" is not a whole number of bytes', undefined],
    ['9999999t', '"9999999t" is too large', undefined],
  ])('%s is none', (text, problem, hint) => {
    expect(parseSize(text)).toEqual({
      ok: false,
      problem,
      ...(hint === undefined ? {} : { hint }),
    });
  });

  it('is read as it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 45 }), (bytes) => {
        expect(parseSize(formatSize(bytes))).toEqual({ ok: true, value: bytes });
      }),
    );
  });

  it.each([
    [0, '0b'],
    [1_000, '1000b'],
    [1_024, '1k'],
    [1_610_612_736, '1536m'],
  ])('%d bytes are written %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe('a percentage', () => {
  it.each([
    ['1%', 1],
    ['25%', 25],
    ['100%', 100],
  ])('%s is %d', (text, percent) => {
    expect(parsePercent(text)).toEqual({ ok: true, value: percent });
  });

  it.each([
    ['25', '"25" is not a percentage'],
    ['2.5%', '"2.5%" is not a percentage'],
    ['-1%', '"-1%" is not a percentage'],
    ['%', '"%" is not a percentage'],
    ['', '"" is not a percentage'],
    ['0%', '"0%" is not from 1% to 100%'],
    ['101%', '"101%" is not from 1% to 100%'],
  ])('%s is none', (text, problem) => {
    const hint = 'write a whole number from 1 to 100 and %, like 25%';
    expect(parsePercent(text)).toEqual({ ok: false, problem, hint });
  });
});
