// 100,000 schedules, in parts that run side by side. BRINE_SEED tries one of them again,
// BRINE_SCHEDULES another number of them.

import { describe, it } from 'vitest';
import { trySeeds } from './try.ts';

const count = Number(process.env.BRINE_SCHEDULES ?? 100_000);
const again = process.env.BRINE_SEED;
const files = 2;
const parts = 10;

/** `file` counts from 0. */
export function invariantsHold(file: number): void {
  describe('whatever happens to the pipeline', () => {
    const each = Math.ceil(count / files / parts);
    const first = file * parts * each;
    const whole = Array.from(
      { length: parts },
      (_, index) => [first + index * each, each] as const,
    );
    const runs = again === undefined ? whole : file === 0 ? [[Number(again), 1] as const] : [];
    it.each(runs)(
      'its invariants hold from seed %i on, %i times',
      { timeout: 300_000 },
      (from, times) => {
        trySeeds(from, times);
      },
    );
    it.runIf(runs.length === 0)('is tried in the other part', () => undefined);
  });
}
