// Whether a stage's time windows are open, and when that changes: weekdays and minutes by the wall
// clock of a zone, across its changes to and from summer time.

import type { Span, Windows } from './definition.ts';

export interface Opening {
  readonly open: boolean;
  /** When it opens or closes next; null when that is not within the next week. */
  readonly until: number | null;
}

/** Answers are remembered for as long as they hold; the question is asked at every event. */
const answered = new WeakMap<Windows, Opening & { readonly asked: number }>();

export function openingOf(windows: Windows, now: number): Opening {
  const known = answered.get(windows);
  if (known !== undefined && holds(known, now)) return known;
  const open = isOpen(windows, now);
  const until = edges(windows, now).find((edge) => isOpen(windows, edge) !== open) ?? null;
  const opening = { open, until };
  answered.set(windows, { ...opening, asked: now });
  return opening;
}

const holds = ({ asked, until }: { asked: number; until: number | null }, now: number): boolean =>
  now >= asked && until !== null && now < until;

function isOpen({ zone, allow, deny }: Windows, now: number): boolean {
  const wall = now + offsetMs(zone, now);
  const day = Math.floor(wall / dayMs);
  const minute = Math.floor((wall - day * dayMs) / minuteMs);
  const covered = (span: Span): boolean => covers(span, weekday(day), minute);
  return (allow.length === 0 || allow.some(covered)) && !deny.some(covered);
}

function covers({ days, from, to }: Span, today: number, minute: number): boolean {
  if (from < to) return days.includes(today) && minute >= from && minute < to;
  const yesterday = (today + 6) % 7;
  return (days.includes(today) && minute >= from) || (days.includes(yesterday) && minute < to);
}

/** Instants of the coming week at which a span may begin or end, in order. */
function edges({ zone, allow, deny }: Windows, now: number): readonly number[] {
  const minutes = new Set([...allow, ...deny].flatMap(({ from, to }) => [from, to]));
  const today = Math.floor((now + offsetMs(zone, now)) / dayMs);
  const found: number[] = [];
  for (let day = today; day <= today + 8; day += 1) {
    for (const minute of minutes) {
      const edge = instantOf(zone, day * dayMs + minute * minuteMs);
      // An edge in the hour that summer time leaves out is met at that hour's end.
      found.push(edge, edge + hourMs);
    }
  }
  return found.filter((edge) => edge > now).sort((a, b) => a - b);
}

/** The instant at which the zone's wall clock shows this, taken as if it were UTC. */
function instantOf(zone: string, wall: number): number {
  const near = wall - offsetMs(zone, wall);
  return wall - offsetMs(zone, near);
}

function offsetMs(zone: string, instant: number): number {
  if (zone === 'UTC') return 0;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(instant)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return wall - Math.floor(instant / 1_000) * 1_000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    ...({ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric' } as const),
    ...({ day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const),
  });
  formats.set(zone, made);
  return made;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** The first day of Unix time was a Thursday. */
const weekday = (day: number): number => (((day + 4) % 7) + 7) % 7;
