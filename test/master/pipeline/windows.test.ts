import { describe, expect, it } from 'vitest';
import type { Span, Windows } from '../../../master/pipeline/definition.ts';
import { openingOf } from '../../../master/pipeline/windows.ts';

const weekdays = [1, 2, 3, 4, 5];
const span = (days: number[], from: string, to: string): Span => ({
  ...{ days, from: minutes(from), to: minutes(to) },
});
const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const windowsOf = (allow: Span[], deny: Span[] = [], zone = 'Europe/Berlin'): Windows => ({
  ...{ zone, allow, deny },
});
const at = (text: string): number => Date.parse(text);
const office = windowsOf([span(weekdays, '09:00', '17:00')]);

const ask = (windows: Windows, text: string): string => {
  const { open, until } = openingOf(windows, at(text));
  return `${open ? 'open' : 'shut'} until ${until === null ? 'ever' : new Date(until).toISOString()}`;
};

describe('time windows', () => {
  it.each([
    ['2026-01-05T07:59:59Z', 'shut until 2026-01-05T08:00:00.000Z'],
    ['2026-01-05T08:00:00Z', 'open until 2026-01-05T16:00:00.000Z'],
    ['2026-01-05T15:59:59Z', 'open until 2026-01-05T16:00:00.000Z'],
    ['2026-01-05T16:00:00Z', 'shut until 2026-01-06T08:00:00.000Z'],
    ['2026-01-09T16:00:00Z', 'shut until 2026-01-12T08:00:00.000Z'],
  ])('in winter at %s are %s', (now, expected) => {
    expect(ask(office, now)).toBe(expected);
  });

  it('follow the wall clock into summer time and out of it', () => {
    expect(ask(office, '2026-03-27T16:00:00Z')).toBe('shut until 2026-03-30T07:00:00.000Z');
    expect(ask(office, '2026-10-23T15:00:00Z')).toBe('shut until 2026-10-26T08:00:00.000Z');
    const night = windowsOf([span([0], '01:00', '04:00')]);
    expect(ask(night, '2026-03-29T00:00:00Z')).toBe('open until 2026-03-29T02:00:00.000Z');
    expect(ask(night, '2026-10-25T00:00:00Z')).toBe('open until 2026-10-25T03:00:00.000Z');
  });

  it('open at the latest an hour late on the night that leaves their hour out', () => {
    const night = windowsOf([span([0], '02:30', '04:00')]);
    const { open, until } = openingOf(night, at('2026-03-29T00:00:00Z'));
    expect(open).toBe(false);
    expect(openingOf(night, until ?? 0).open).toBe(true);
    expect((until ?? 0) - at('2026-03-29T01:00:00Z')).toBeLessThanOrEqual(3_600_000);
  });

  it('may go over midnight', () => {
    const night = windowsOf([span([5], '22:00', '02:00')], [], 'UTC');
    expect(ask(night, '2026-01-09T21:00:00Z')).toBe('shut until 2026-01-09T22:00:00.000Z');
    expect(ask(night, '2026-01-10T01:59:00Z')).toBe('open until 2026-01-10T02:00:00.000Z');
    expect(ask(night, '2026-01-10T02:00:00Z')).toBe('shut until 2026-01-16T22:00:00.000Z');
  });

  it('are shut where denied, whatever is allowed', () => {
    const calm = windowsOf(
      [span(weekdays, '09:00', '17:00')],
      [span([5], '12:00', '24:00')],
      'UTC',
    );
    expect(ask(calm, '2026-01-09T11:00:00Z')).toBe('open until 2026-01-09T12:00:00.000Z');
    expect(ask(calm, '2026-01-09T12:00:00Z')).toBe('shut until 2026-01-12T09:00:00.000Z');
  });

  it('that only deny are open else', () => {
    const calm = windowsOf([], [span([0, 6], '00:00', '24:00')], 'America/New_York');
    expect(ask(calm, '2026-01-09T12:00:00Z')).toBe('open until 2026-01-10T05:00:00.000Z');
    expect(ask(calm, '2026-01-10T05:00:00Z')).toBe('shut until 2026-01-12T05:00:00.000Z');
  });

  it('that never open or never shut say so', () => {
    const never = windowsOf([], [span([0, 1, 2, 3, 4, 5, 6], '00:00', '24:00')]);
    expect(ask(never, '2026-01-09T12:00:00Z')).toBe('shut until ever');
    expect(ask(windowsOf([]), '2026-01-09T12:00:00Z')).toBe('open until ever');
  });

  it('answer the same when the clock goes back', () => {
    expect(ask(office, '2026-01-05T12:00:00Z')).toContain('open');
    expect(ask(office, '2026-01-05T07:00:00Z')).toContain('shut');
    expect(ask(office, '2026-01-05T12:00:00Z')).toContain('open');
  });
});
