import { describe, expect, it } from 'vitest';
import { parseWeekSpan, parseZone } from '../../states/windows.ts';

const parseHint = 'write days and times, like "mon-fri 09:00-17:00", "sat,sun" or "22:00-06:00"';

describe('parts of a week', () => {
  it.each([
    ['mon-fri 09:00-17:00', { days: [1, 2, 3, 4, 5], from: 540, to: 1_020 }],
    ['sat,sun', { days: [0, 6], from: 0, to: 1_440 }],
    ['fri-mon 22:00-06:30', { days: [0, 1, 5, 6], from: 1_320, to: 390 }],
    ['22:00-24:00', { days: [0, 1, 2, 3, 4, 5, 6], from: 1_320, to: 1_440 }],
    ['wed', { days: [3], from: 0, to: 1_440 }],
  ])('reads %s', (raw, value) => {
    expect(parseWeekSpan(raw)).toEqual({ ok: true, value });
  });

  it.each([
    '',
    'monday',
    'mon-fri 9-17',
    'mon 25:00-26:00',
    'mon 24:00-25:00',
    'mon-tue-wed',
    'mon 09:60-10:00',
  ])('refuses %j with an example', (raw) => {
    expect(parseWeekSpan(raw)).toMatchObject({ ok: false, hint: parseHint });
  });
});

describe('time zones', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/New_York'])('knows %s', (zone) => {
    expect(parseZone(zone)).toEqual({ ok: true, value: zone });
  });

  it.each(['Europe/Berln', '+01:00', ''])('does not know %j', (zone) => {
    expect(parseZone(zone)).toMatchObject({ ok: false });
  });
});
