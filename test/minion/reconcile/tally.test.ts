import { describe, expect, it } from 'vitest';
import { Tally } from '../../../minion/reconcile/tally.ts';
import type { Observed } from '../../../states/observed.ts';

const place = { service: 'api', slot: 1 };
const observed = {
  containers: ['old', 'new'].map((name) => ({ name, ...place })),
} as unknown as Observed;

describe('the gap', () => {
  it('is from the stop of the old one to the first answer of the new one', () => {
    const tally = new Tally();
    tally.stops('old', observed, 1_000);
    tally.starts('new');
    tally.ready(place, 'new', 1_640);
    expect(tally.gapMs(place)).toBe(640);
  });

  it('is none where the new one answers first', () => {
    const tally = new Tally();
    tally.ready(place, 'new', 1_000);
    tally.stops('old', observed, 3_000);
    expect(tally.gapMs(place)).toBe(0);
  });

  it('is not known where nothing took another’s place', () => {
    const tally = new Tally();
    tally.ready(place, 'new', 1_000);
    expect(tally.gapMs(place)).toBeUndefined();
  });

  it('adds up there and back', () => {
    const tally = new Tally();
    tally.stops('old', observed, 1_000);
    tally.ready(place, 'new', 1_500);
    tally.stops('new', observed, 9_000);
    tally.ready(place, 'old', 9_700);
    expect(tally.gapMs(place)).toBe(1_200);
  });

  it('spans a new one that never answered', () => {
    const tally = new Tally();
    tally.stops('old', observed, 1_000);
    tally.stops('new', observed, 4_000);
    tally.ready(place, 'old', 4_600);
    expect(tally.gapMs(place)).toBe(3_600);
  });
});
