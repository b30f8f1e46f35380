import { afterEach, describe, expect, it } from 'vitest';
import { observedWriting } from '../../../master/rollout/outside.ts';
import { begin } from '../../../master/rollout/begin.ts';
import { advance } from '../../../master/rollout/reducer.ts';
import type { Report } from '../../../protocol/messages.ts';
import { limits } from '../../../protocol/limits.ts';
import { Fixture, requestOf, specOf, stateOf } from './fixture.ts';
import { beginning, hostId, policyOf, reportOn } from './model.ts';

const h1 = hostId('h1');
let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.close();
  fixture = undefined;
});

describe('a state that no message can carry', () => {
  it('is refused before anything is written, with its size and the limit', async () => {
    fixture = await Fixture.start([h1]);
    const big = { ...specOf(1), env: { TEXT: 'ü'.repeat(limits.frameBytesMax / 2) } };
    const state = { ...stateOf(1), containers: [big] };
    const hosts = [{ host: h1, linked: true, changes: true, running: [], state }];
    const before = await fixture.store.revision();
    const bytes = Buffer.byteLength(JSON.stringify(state));
    await expect(fixture.driver.start(requestOf(fixture, 1, { hosts }))).rejects.toMatchObject({
      data: {
        code: 'STATE_INVALID',
        where: 'h1',
        message: `what h1 should run for beta (1 container) takes ${bytes} bytes, and a message to a host at most ${limits.frameBytesMax - 1_024}`,
      },
    });
    expect(await fixture.store.revision()).toBe(before);
    expect(fixture.driver.all()).toEqual([]);
  });
});

describe('the newest report of a host', () => {
  const report = (generation: number, endedAt: number): Report => {
    const desire = { do: 'desire', host: h1, generation, mode: 'run', onFailure: 'pause' } as const;
    return { ...reportOn({ ...desire, state: 'new' }, 'works'), endedAt };
  };
  const known = (seq: number, endedAt: number) => ({
    value: { seq, report: report(5, endedAt) },
    revision: 7,
  });
  const isTaken = (seq: number, endedAt: number, generation = 5): boolean =>
    observedWriting(h1, { seq, report: report(generation, endedAt) }, known(8, 1_000)) !==
    undefined;

  it('is the one with the higher number, whatever the clock of the host says', () => {
    expect(isTaken(9, 500)).toBe(true);
    expect(isTaken(9, 1_500)).toBe(true);
  });

  it('is not one that is sent once more', () => {
    expect(isTaken(8, 1_000)).toBe(false);
    expect(isTaken(7, 900)).toBe(false);
  });

  it('is one of a host that counts from one again', () => {
    expect(isTaken(1, 2_000)).toBe(true);
  });

  it('is of the newest generation', () => {
    expect(isTaken(9, 2_000, 4)).toBe(false);
    expect(isTaken(1, 500, 6)).toBe(true);
  });
});

describe('a master that begins anew', () => {
  const progressMs = policyOf().progressMs;

  it('gives hosts their time again, but not for ever', () => {
    let [rollout] = begin(beginning({ hosts: [{ linked: true }] }), 0);
    for (const now of [10, 20, 30]) {
      [rollout] = advance(rollout, { type: 'resume' }, now);
      expect(rollout.deadline).toBe(now + progressMs);
    }
    [rollout] = advance(rollout, { type: 'resume' }, 40);
    expect(rollout.deadline).toBe(30 + progressMs);
    [rollout] = advance(rollout, { type: 'tick' }, 30 + progressMs);
    expect(rollout.phase).toBe('errored');
  });
});
