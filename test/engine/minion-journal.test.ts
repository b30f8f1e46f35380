// The journal on a disk that is really full: a small file system of its own, mounted for the test.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { Journal } from '../../minion/journal.ts';
import { realWorld } from '../../protocol/world.ts';
import { beta, desireOf, driftOf, gamma, reportOf, specOf, stateOf } from '../minion/samples.ts';

let dir: string;
let journal: Journal;
const logged: string[] = [];
const log = pino({}, { write: (line: string) => void logged.push(line) });

const open = (): Promise<Journal> =>
  Journal.open({ dir, owner: 'web-1 of a1', isSigned: () => true, world: realWorld, log });

/** Larger than what is left of the last page of the file. */
const env = { NOTE: 'y'.repeat(20_000) };
const large = (environment: typeof beta, generation: number) =>
  desireOf(environment, generation, { state: stateOf(environment, [specOf('api', { env })]) });

/** Takes all the room there is. */
function fill(): void {
  for (let turn = 0; turn < 10; turn += 1) {
    const { bavail, bsize } = statfsSync(dir);
    if (bavail === 0) return;
    writeFileSync(join(dir, `ballast-${turn}`), Buffer.alloc(bavail * bsize, 1));
  }
}

function free(): void {
  for (let turn = 0; turn < 10; turn += 1) rmSync(join(dir, `ballast-${turn}`), { force: true });
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'brine-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', dir]);
});

afterAll(() => {
  // Detached: a failed test may have left the journal open.
  execFileSync('umount', ['--lazy', dir]);
  rmSync(dir, { recursive: true });
});

beforeEach(async () => {
  journal = await open();
});

afterEach(async () => {
  free();
  await journal.close();
  rmSync(join(dir, 'journal'), { force: true });
});

describe('on a full disk', () => {
  it('a desire is not accepted, and a report of that gets through all the same', async () => {
    await journal.accept(desireOf(beta, 1));
    fill();
    await expect(journal.accept(large(beta, 2))).rejects.toMatchObject({
      data: { code: 'JOURNAL_UNUSABLE', message: expect.stringMatching(/ENOSPC/) as string },
    });
    expect(journal.held.environments.get(beta)?.newest.generation).toBe(1);
    await journal.say(reportOf(desireOf(beta, 2), { outcome: 'failed', now: 'old' }));
    // Durable, although nothing else would fit.
    const next = await open();
    expect(next.held.told).toMatchObject([{ type: 'report', report: { generation: 2 } }]);
    expect(next.held.environments.get(beta)?.newest.generation).toBe(1);
    await next.close();
  });

  it('nothing is torn, and all goes on when there is room again', async () => {
    await journal.accept(desireOf(beta, 1));
    fill();
    await expect(journal.accept(large(gamma, 2))).rejects.toThrow();
    free();
    await journal.accept(desireOf(gamma, 3));
    const next = await open();
    expect([...next.held.environments.values()].map(({ newest }) => newest.generation)).toEqual([
      1, 3,
    ]);
    expect(next.setAside).toBeUndefined();
    await next.close();
  });

  it('a report that does not even fit what was set by is kept, and written when it can be', async () => {
    await journal.accept(desireOf(beta, 1));
    fill();
    const what = 'x'.repeat(8_000);
    for (let turn = 0; turn < 40; turn += 1) await journal.drifted(driftOf(beta, what));
    expect(journal.held.told).toHaveLength(40);
    await expect(journal.accept(large(gamma, 2))).rejects.toThrow();
    free();
    await journal.drifted(driftOf(beta, 'at last'));
    await journal.accept(desireOf(gamma, 3));
    const next = await open();
    expect([...next.held.environments.keys()]).toEqual([beta, gamma]);
    expect(next.held.told).toHaveLength(41);
    await next.close();
  });
});
