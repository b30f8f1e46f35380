import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lane } from '../../../minion/keep/lane.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a lane', () => {
  it('does one thing at a time, the newest last, and never begins what was replaced', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }), async (pauses) => {
        const lane = new Lane((error) => {
          throw error;
        });
        let running = 0;
        const begun: number[] = [];
        const ended: number[] = [];
        for (const [index, pause] of pauses.entries()) {
          lane.replace(async (signal) => {
            running += 1;
            begun.push(index);
            expect(running).toBe(1);
            for (let step = 0; step < 3 && !signal.aborted; step += 1) await turn();
            running -= 1;
            if (signal.aborted) throw signal.reason as Error;
            ended.push(index);
          });
          for (let left = pause; left > 0; left -= 1) await turn();
        }
        while (lane.busy) await turn();
        expect(ended.at(-1)).toBe(pauses.length - 1);
        expect(begun).toEqual([...begun].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });

  it('hands on what only a defect can have thrown, and nothing of what was broken off', async () => {
    const defects: unknown[] = [];
    const lane = new Lane((error) => void defects.push(error));
    lane.replace(async (signal) => {
      while (!signal.aborted) await turn();
      throw new Error('broken off');
    });
    await turn();
    lane.replace(() => Promise.reject(new Error('a defect')));
    while (lane.busy) await turn();
    expect(defects).toEqual([new Error('a defect')]);
  });
});
