import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../protocol/deadlines.ts';
import { realWorld, type World } from '../../protocol/world.ts';

describe('deadlines', () => {
  it('are told a little late, never early, and not at all when called off', async () => {
    const deadlines = new Deadlines(realWorld);
    const began = performance.now();
    const told: [number, number][] = [];
    const wait = (ms: number) =>
      deadlines.after(ms, () => {
        told.push([ms, performance.now() - began]);
      });
    for (const ms of [0, 1, 49, 50, 120, 250]) wait(ms);
    const off = wait(130);
    await new Promise((resolve) => setTimeout(resolve, 60));
    wait(100);
    off();
    await expect.poll(() => told.length, { timeout: 5_000 }).toBe(7);
    for (const [ms, took] of told.filter(([each]) => each !== 100)) {
      expect(took).toBeGreaterThanOrEqual(ms);
    }
    expect(told.find(([ms]) => ms === 100)?.[1]).toBeGreaterThanOrEqual(160);
  });

  it('cost a timer only while there are some, and one for all of them', async () => {
    let asked = 0;
    const sleep: World['sleep'] = (ms) => {
      asked += 1;
      return realWorld.sleep(ms);
    };
    const deadlines = new Deadlines({ ...realWorld, sleep });
    const off = Array.from({ length: 1_000 }, () => deadlines.after(60_000, () => undefined));
    expect(asked).toBe(1);
    for (const each of off) each();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(asked).toBe(1);
    let late = false;
    deadlines.after(1, () => (late = true));
    await expect.poll(() => late).toBe(true);
  });
});
