// Parts of a week as people write them, "mon-fri 09:00-17:00", and the zones whose clock they mean.

import { quoted, right, wrong, type Parsed } from './parsed.ts';

/**
 * On these days (0 is Sunday) from one minute of the day to before another; one that ends no later than
 * it begins goes on into the next day.
 */
export interface WeekSpan {
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
}

const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const everyDay = names.map((_name, day) => day);
const hint = 'write days and times, like "mon-fri 09:00-17:00", "sat,sun" or "22:00-06:00"';

/** Days without times are whole days; times without days are of every day. */
export function parseWeekSpan(raw: string): Parsed<WeekSpan> {
  const parts = /^(?:([a-z,-]+))?(?:(?:^| +)(\d{1,2}:\d{2})-(\d{1,2}:\d{2}))?$/.exec(raw.trim());
  const [, dayText, fromText, toText] = parts ?? [];
  if (parts === null || (dayText === undefined && fromText === undefined)) {
    return wrong(`${quoted(raw)} is no part of a week`, hint);
  }
  const days = dayText === undefined ? everyDay : daysIn(dayText);
  if (days === undefined) return wrong(`${quoted(dayText ?? '')} are no days of the week`, hint);
  if (fromText === undefined || toText === undefined)
    return right({ days, from: 0, to: dayMinutes });
  const from = minuteOf(fromText);
  const to = minuteOf(toText);
  if (from === undefined || to === undefined || from === dayMinutes) {
    return wrong(`${quoted(`${fromText}-${toText}`)} are no times of a day`, hint);
  }
  return right({ days, from, to });
}

const dayMinutes = 1_440;

/** In the order of the week, each once. A range may go over its end: `fri-mon`. */
function daysIn(text: string): readonly number[] | undefined {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [first = '', last = first, ...more] = part.split('-');
    const from = dayOf(first);
    const to = dayOf(last);
    if (from < 0 || to < 0 || more.length > 0) return undefined;
    for (let day = from; ; day = (day + 1) % 7) {
      found.add(day);
      if (day === to) break;
    }
  }
  return [...found].sort((one, two) => one - two);
}

const dayOf = (name: string): number => (names as readonly string[]).indexOf(name);

function minuteOf(text: string): number | undefined {
  const [hours = NaN, minutes = NaN] = text.split(':').map(Number);
  const minute = hours * 60 + minutes;
  return minutes < 60 && minute <= dayMinutes ? minute : undefined;
}

/** Names of the IANA database, and UTC. */
export function parseZone(raw: string): Parsed<string> {
  // Offsets like +01:00 are known too, and know no summer time.
  if (/^[A-Za-z]/.test(raw) && isKnown(raw)) return right(raw);
  return wrong(`${quoted(raw)} is no time zone`, 'write a name like Europe/Berlin, or UTC');
}

function isKnown(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
