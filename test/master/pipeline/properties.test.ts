import { describe, expect, it } from 'vitest';
import { trySeeds } from './try.ts';

// 100,000 schedules; BRINE_SEED tries one again, BRINE_SCHEDULES other numbers of them.
const count = Number(process.env.BRINE_SCHEDULES ?? 100_000);
const seed = process.env.BRINE_SEED;
const parts = 10;

describe('whatever happens to the pipeline', () => {
  if (seed !== undefined) {
    it(`its invariants hold with seed ${seed}`, () => {
      expect(() => {
        trySeeds(Number(seed), 1);
      }).not.toThrow();
    });
    return;
  }
  const each = Math.ceil(count / parts);
  it.each(Array.from({ length: parts }, (_, index) => index * each))(
    'its invariants hold from seed %i on',
    { timeout: 300_000 },
    (from) => {
      trySeeds(from, each);
    },
  );
});
