import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterRepair,
  afterTelling,
  backoffMs,
  isToTell,
  noRepairs,
  repairInMs,
  type Repairs,
} from '../../../minion/keep/backoff.ts';

describe('a wait before the next try', () => {
  it('doubles up to a bound, less up to half of it by chance', () => {
    const bounds = { minMs: 100, maxMs: 5_000 };
    expect([0, 1, 2, 5, 6, 60].map((tries) => backoffMs(tries, 0, bounds))).toEqual([
      ...[100, 200, 400, 3_200, 5_000, 5_000],
    ]);
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 0.999, noNaN: true }), (tries, chance) => {
        const wait = backoffMs(tries, chance, bounds);
        expect(wait).toBeGreaterThanOrEqual(50);
        expect(wait).toBeLessThanOrEqual(5_000);
      }),
    );
  });
});

/** Dies again a moment after every repair, for so long; answers when it was repaired and told. */
function crashLoop(forMs: number, livesMs: number, actions: (turn: number) => string) {
  let repairs: Repairs = noRepairs;
  const repaired: number[] = [];
  const told: number[] = [];
  let now = 1_000_000;
  const end = now + forMs;
  while (now < end) {
    now += repairInMs(repairs, now);
    repaired.push(now);
    repairs = afterRepair(repairs, now);
    const action = actions(repaired.length);
    if (isToTell(repairs, action, now)) {
      told.push(now);
      repairs = afterTelling(repairs, action, now);
    }
    now += livesMs;
  }
  return { repaired, told };
}

describe('repairs', () => {
  it('are made at once the first time, then at a growing pace, at most every minute', () => {
    const { repaired } = crashLoop(600_000, 100, () => 'repaired');
    const pauses = repaired.slice(1).map((at, index) => at - (repaired[index] ?? at));
    expect(pauses.slice(0, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
    expect(Math.max(...pauses)).toBe(60_000);
  });

  it('are told once, then ever more seldom', () => {
    const hours = 6;
    const { repaired, told } = crashLoop(hours * 3_600_000, 100, () => 'repaired');
    expect(repaired.length).toBeGreaterThan(300);
    expect(told.length).toBeLessThan(6 + hours + 1);
    const pauses = told.slice(1).map((at, index) => at - (told[index] ?? at));
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  });

  it('that fail and succeed in turn are not told each time either', () => {
    const { told } = crashLoop(3_600_000, 100, (turn) => (turn % 2 === 0 ? 'failed' : 'repaired'));
    expect(told.length).toBeLessThan(25);
  });

  it('tell at once when what was told as broken is put right', () => {
    let repairs = afterTelling(afterRepair(noRepairs, 1_000), 'failed', 1_000);
    repairs = afterRepair(repairs, 3_000);
    expect(isToTell(repairs, 'failed', 3_000)).toBe(false);
    expect(isToTell(repairs, 'repaired', 3_000)).toBe(true);
  });

  it('begin anew when it was right for long', () => {
    let repairs: Repairs = noRepairs;
    for (let turn = 0; turn < 8; turn += 1) repairs = afterRepair(repairs, 1_000);
    repairs = afterTelling(repairs, 'repaired', 1_000);
    expect(repairInMs(repairs, 2_000)).toBeGreaterThan(0);
    expect(repairInMs(repairs, 1_000 + 600_000)).toBe(0);
    expect(isToTell(repairs, 'repaired', 1_000 + 600_000)).toBe(true);
  });
});
