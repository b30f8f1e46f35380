// Durations, sizes and percentages as people write them, and back. A unit is always written: a bare
// number would be seconds to one reader and milliseconds to the next.

import { quoted, right, wrong, type Parsed } from './parsed.ts';

const durationUnits = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;
/** What the wire carries; see protocol/state-schema.ts. */
const durationMsMax = 30 * 86_400_000;
const durationHint = 'write a number and its unit, like 500ms, 10s, 1m30s, 2h or 7d';

/** `10s`, `1m30s`, `500ms`, `2h`, `7d` → whole milliseconds. */
export function parseDuration(text: string): Parsed<number> {
  const problem = notNumeric(text, 'a duration');
  if (problem !== undefined) return wrong(problem, durationHint);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([^\d.]*)/g)];
  if (parts.map(([whole]) => whole).join('') !== text) {
    return wrong(`${quoted(text)} is not a duration`, durationHint);
  }
  let ms = 0;
  let last = -1;
  for (const [, amount = '', unit = ''] of parts) {
    const index = durationUnits.findIndex(([name]) => name === unit);
    const size = durationUnits[index]?.[1];
    if (size === undefined) return unknownUnit(text, unit, durationHint);
    if (index <= last) {
      return wrong(`${quoted(text)} is out of order`, 'the largest unit comes first, like 1m30s');
    }
    last = index;
    ms += Number(amount) * size;
  }
  return wholeMs(text, ms);
}

function wholeMs(text: string, ms: number): Parsed<number> {
  const whole = Math.round(ms);
  if (Math.abs(ms - whole) > 1e-6) {
    return wrong(`${quoted(text)} is finer than a millisecond`, durationHint);
  }
  if (whole > durationMsMax) return wrong(`${quoted(text)} is longer than 30d`, 'at most 30d');
  return right(whole);
}

/** As {@link parseDuration} reads it: `1m30s`, `0s`. Whole milliseconds only. */
export function formatDuration(ms: number): string {
  let left = ms;
  let text = '';
  for (const [unit, size] of durationUnits) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}

const sizeUnits = [
  ['t', 1024 ** 4],
  ['g', 1024 ** 3],
  ['m', 1024 ** 2],
  ['k', 1024],
  ['b', 1],
] as const;
const sizeHint = 'write a number and its unit, like 64k, 512m or 1g (powers of 1024)';

/** `64k`, `512m`, `1g`, `1.5g` → whole bytes. As Docker does, `mb` and `MiB` are read as `m`. */
export function parseSize(text: string): Parsed<number> {
  const problem = notNumeric(text, 'a size');
  if (problem !== undefined) return wrong(problem, sizeHint);
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([^\d.]*)$/.exec(text) ?? [];
  if (amount === '') return wrong(`${quoted(text)} is not a size`, sizeHint);
  const letter = /^(b|[kmgt](?:i?b)?)$/i.test(unit) ? unit.slice(0, 1).toLowerCase() : unit;
  const size = sizeUnits.find(([name]) => name === letter)?.[1];
  if (size === undefined) return unknownUnit(text, unit, sizeHint);
  const bytes = Number(amount) * size;
  if (!Number.isInteger(bytes)) return wrong(`${quoted(text)} is not a whole number of bytes`);
  if (bytes === 0) return wrong(`${quoted(text)} is nothing at all`, sizeHint);
  if (!Number.isSafeInteger(bytes)) return wrong(`${quoted(text)} is too large`);
  return right(bytes);
}

/** As {@link parseSize} reads it, in the largest unit that leaves no rest: `512m`, `1536m`, `100b`. */
export function formatSize(bytes: number): string {
  const unit = sizeUnits.find(([, size]) => bytes >= size && bytes % size === 0);
  return unit === undefined ? `${bytes}b` : `${bytes / unit[1]}${unit[0]}`;
}

/** `25%` → 25; from 1 to 100, whole. */
export function parsePercent(text: string): Parsed<number> {
  const hint = 'write a whole number from 1 to 100 and %, like 25%';
  const [, digits] = /^(\d+)%$/.exec(text) ?? [];
  if (digits === undefined) return wrong(`${quoted(text)} is not a percentage`, hint);
  const percent = Number(digits);
  if (percent < 1 || percent > 100) return wrong(`${quoted(text)} is not from 1% to 100%`, hint);
  return right(percent);
}

/** The faults that numbers with a unit share. */
function notNumeric(text: string, what: string): string | undefined {
  if (text === '') return `an empty text is not ${what}`;
  if (/^-\d/.test(text)) return `${quoted(text)} is negative`;
  if (/^\d+(\.\d+)?$/.test(text)) return `${quoted(text)} has no unit`;
  if (/^\d+(\.\d+)?\s/.test(text)) return `${quoted(text)} has a space between number and unit`;
  return undefined;
}

const unknownUnit = (text: string, unit: string, hint: string): Parsed<never> =>
  unit === ''
    ? wrong(`${quoted(text)} has no unit`, hint)
    : wrong(`${quoted(text)} has an unknown unit, ${quoted(unit)}`, hint);
