// Each life of a master costs some seconds of work, two of them starts of a whole one; so a few lines
// live side by side, and together they take minutes.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryProcess } from '../../engine/registry-process.ts';
import { runsWith } from '../../fleet/needs.ts';
import { MortalLine, type Death, type Story } from './mortal-line.ts';

describe.runIf(runsWith('docker-registry'))('a master that SIGKILL ends', () => {
  let registry: RegistryProcess | undefined;
  const lines: MortalLine[] = [];
  beforeAll(async () => {
    registry = await RegistryProcess.start();
    const image = `${registry.address}/api`;
    const make = async (): Promise<unknown> => lines.push(await MortalLine.make(image));
    const made = await Promise.allSettled([1, 2, 3].map(make));
    // Those that were made are closed, whatever became of the others.
    for (const each of made) if (each.status === 'rejected') throw each.reason;
    await registry.push('api', '1.0.0');
  }, 120_000);
  afterAll(async () => {
    const closed = await Promise.allSettled(lines.map((line) => line.close()));
    await registry?.close();
    for (const each of closed) if (each.status === 'rejected') throw each.reason;
  });

  it('before or after any commit on the way from the registry to prod ends there as if it had not', async () => {
    const [line] = lines;
    const undisturbed = (await line?.live())?.story;
    expect(undisturbed?.commits.slice(1)).toEqual([
      expect.stringMatching(/^Brine: Promote [0-9a-f]{8} to beta$/),
      expect.stringMatching(/^Brine: Promote [0-9a-f]{8} to gamma$/),
      expect.stringMatching(/^Brine: Promote [0-9a-f]{8} to prod$/),
    ]);
    expect(undisturbed?.promotions).toMatchObject([
      ...['beta', 'gamma', 'prod'].map((environment) => ({ environment, phase: 'succeeded' })),
      { phase: null },
    ]);
    const { commits, wrong } = await everyDeath(lines, undisturbed);
    expect(wrong).toEqual([]);
    // Of the links, the release, and for each stage: its entry, commit, rollout, hosts and test.
    expect(commits).toBeGreaterThan(20);
  }, 900_000);
});

/** Both moments of each commit in turn, until the master lives to see the end. */
async function everyDeath(
  lines: readonly MortalLine[],
  undisturbed: Story | undefined,
): Promise<{ readonly commits: number; readonly wrong: readonly object[] }> {
  const wrong: { readonly death: Death; readonly story: Story }[] = [];
  const all = deaths();
  let commits = Infinity;
  const lives = async (line: MortalLine): Promise<void> => {
    for (const death of all) {
      if (death.commit > commits) return;
      const { story, died } = await line.live(death);
      if (!died) commits = Math.min(commits, death.commit - 1);
      if (JSON.stringify(story) !== JSON.stringify(undisturbed)) wrong.push({ death, story });
    }
  };
  await Promise.all(lines.map(lives));
  return { commits, wrong };
}

function* deaths(): Generator<Death, void> {
  for (let commit = 1; ; commit += 1) {
    yield { commit, moment: 'before' };
    yield { commit, moment: 'after' };
  }
}
