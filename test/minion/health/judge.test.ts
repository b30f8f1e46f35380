import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  firstAgainMs,
  judge,
  startWatch,
  type Patience,
  type Verdict,
} from '../../../minion/health/judge.ts';

const patience: Patience = { intervalMs: 1_000, startMs: 10_000, retries: 3, minHealthyMs: 2_000 };

/** Asks a service whose answers are given, at the times the verdicts name, until there is an end. */
function watchOver(answers: (now: number) => boolean, given: Patience) {
  let watch = startWatch(0);
  const asked: { readonly at: number; readonly ok: boolean }[] = [];
  for (let now = 0; asked.length < 100_000;) {
    const ok = answers(now);
    asked.push({ at: now, ok });
    const [next, verdict] = judge(watch, ok, now, given);
    watch = next;
    if (verdict.is !== 'waiting') return { verdict, asked, now };
    expect(verdict.againMs).toBeGreaterThan(0);
    now += verdict.againMs;
  }
  throw new Error('no end');
}

const ends = (answers: (now: number) => boolean, given = patience): Verdict['is'] =>
  watchOver(answers, given).verdict.is;

describe('a verdict', () => {
  it('is healthy when it says yes for as long as is asked, exactly', () => {
    expect(watchOver(() => true, patience)).toMatchObject({
      verdict: { is: 'healthy' },
      now: 2_000,
    });
    const late = watchOver((now) => now >= 700, patience);
    expect(late.verdict.is).toBe('healthy');
    expect(late.now).toBeLessThan(700 * 1.11 + 2_000 + 1);
  });

  it('is healthy at the first yes where nothing more is asked', () => {
    const at = watchOver(() => true, { ...patience, minHealthyMs: 0 });
    expect(at).toMatchObject({ verdict: { is: 'healthy' }, now: 0 });
  });

  it('is late when it never says yes, at the deadline and not after', () => {
    expect(watchOver(() => false, patience)).toMatchObject({
      verdict: { is: 'late' },
      now: 10_000,
    });
  });

  it('is unhealthy after as many noes in a row as are too many', () => {
    expect(ends((now) => now < 1_000)).toBe('unhealthy');
    // Two in a row are not three.
    expect(ends((now) => now < 1_000 || now >= 3_000)).toBe('healthy');
  });

  it('begins to count anew after every no', () => {
    const once = watchOver((now) => now !== 1_000, patience);
    expect(once).toMatchObject({ verdict: { is: 'healthy' }, now: 4_000 });
    expect(once.asked.map(({ at }) => at)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  });

  it('is not healthy for yes and no by turns, and says how often it was no', () => {
    const given = { ...patience, intervalMs: 500, minHealthyMs: 6_000 };
    const flapping = watchOver((now) => (now / 500) % 3 === 0, given);
    const failed = flapping.asked.filter(({ ok }) => !ok).length;
    const counts = { failed, asked: flapping.asked.length };
    expect(flapping.verdict).toEqual({ is: 'flapping', ...counts });
    // Known as soon as no 6 s are left of its 12: twice `min_healthy`, as its start has less.
    expect(flapping.now).toBe(6_500);
    expect(counts).toEqual({ failed: 9, asked: 14 });
  });

  it('counts only what was asked since the first yes', () => {
    const slow = watchOver((now) => now >= 5_000 && (now / 1_000) % 2 < 1, {
      ...patience,
      intervalMs: 1_000,
    });
    const since = slow.asked.slice(slow.asked.findIndex(({ ok }) => ok));
    const failed = since.filter(({ ok }) => !ok).length;
    expect(slow.verdict).toEqual({ is: 'flapping', failed, asked: since.length });
    expect(since.length).toBeLessThan(slow.asked.length);
  });

  it('leaves who was ready late the time to begin once more', () => {
    const late = (now: number): boolean => now >= 9_900;
    expect(ends((now) => late(now) && !(now > 10_800 && now < 11_500))).toBe('healthy');
    expect(ends((now) => late(now) && Math.floor(now / 1_000) % 2 === 0)).toBe('flapping');
  });
});

describe('the pace at first', () => {
  it('is 10 ms, and costs at most a tenth of what the start takes', () => {
    expect(firstAgainMs(0, 1_000)).toBe(10);
    expect(firstAgainMs(500, 1_000)).toBe(50);
    expect(firstAgainMs(60_000, 1_000)).toBe(1_000);
    const { asked } = watchOver(() => false, { ...patience, startMs: 60_000 });
    expect(asked.length).toBeLessThan(150);
  });
});

describe('any service', () => {
  const anyPatience = fc.record({
    intervalMs: fc.integer({ min: 10, max: 5_000 }),
    startMs: fc.integer({ min: 0, max: 60_000 }),
    retries: fc.integer({ min: 1, max: 5 }),
    minHealthyMs: fc.integer({ min: 0, max: 20_000 }),
  });

  it('gets a verdict that its answers bear out, in bounded time', () => {
    fc.assert(
      fc.property(anyPatience, fc.array(fc.boolean(), { maxLength: 400 }), (given, answers) => {
        let turn = 0;
        const { verdict, asked, now } = watchOver(() => answers[turn++] ?? false, given);
        const first = asked.find(({ ok }) => ok);
        const lastNo = asked.findLastIndex(({ ok }) => !ok);
        const since = asked[lastNo + 1];
        const ready = (first?.at ?? 0) + 2 * given.minHealthyMs;
        if (verdict.is === 'healthy') {
          expect(now - (since?.at ?? Infinity)).toBeGreaterThanOrEqual(given.minHealthyMs);
        }
        if (verdict.is === 'unhealthy') {
          expect(first).toBeDefined();
          const tail = asked.slice(-given.retries);
          expect(tail.map(({ ok }) => ok)).toEqual(Array(given.retries).fill(false));
        }
        if (verdict.is === 'late') {
          expect(first).toBeUndefined();
          expect(now).toBeGreaterThanOrEqual(given.startMs);
        }
        if (verdict.is === 'flapping') {
          expect(verdict.failed).toBeGreaterThan(0);
          // It was known no sooner than it was certain.
          const most = Math.max(given.startMs, ready);
          expect((since?.at ?? now) + given.minHealthyMs).toBeGreaterThan(most);
        }
        const most = Math.max(given.startMs, ready) + given.intervalMs;
        expect(now).toBeLessThanOrEqual(most);
      }),
    );
  });
});
