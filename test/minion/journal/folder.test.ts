// A disk that takes a new journal and then fails: what is written from there on is in the file that has
// the name, or is not said to be written.

import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Journal } from '../../../minion/journal.ts';
import { realWorld } from '../../../protocol/world.ts';
import { beta, desireOf, driftOf, gamma } from '../samples.ts';

const nobody = 65_534;
const isRoot = process.geteuid?.() === 0;
const log = pino({ level: 'silent' });
let dir: string;
const opened: Journal[] = [];

async function open(): Promise<Journal> {
  const options = { dir, owner: 'web-1 of a1', isSigned: () => true, world: realWorld, log };
  const journal = await Journal.open(options);
  opened.push(journal);
  return journal;
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brine-folder-'));
  if (!isRoot) return;
  // Permissions say nothing to root.
  await chown(dir, nobody, nobody);
  process.seteuid?.(nobody);
});

afterEach(async () => {
  if (isRoot) process.seteuid?.(0);
  for (const journal of opened.splice(0)) await journal.close();
  await rm(dir, { recursive: true, force: true });
});

/** So much that it is written anew. */
async function grow(journal: Journal): Promise<void> {
  const what = 'x'.repeat(8_000);
  for (let turn = 0; turn < 10; turn += 1) {
    const told = Array.from({ length: 20 }, () => journal.drifted(driftOf(beta, what)));
    await Promise.all(told);
    await journal.acked(journal.held.told.at(-1)?.seq ?? 0);
  }
}

it('loses nothing when its folder could not be synced after it was written anew', async () => {
  const journal = await open();
  await journal.accept(desireOf(beta, 1));
  // It may be written to, and not be opened: so a name can change, and the change not be synced.
  await chmod(dir, 0o300);
  await grow(journal);
  await expect(journal.accept(desireOf(gamma, 2))).rejects.toMatchObject({
    data: { code: 'JOURNAL_UNUSABLE' },
  });
  await chmod(dir, 0o700);
  await journal.drifted(driftOf(beta, 'the disk is well again'));
  // What the next word waits for is written too; the process is then killed, which closes nothing.
  await journal.accept(desireOf(gamma, 3));
  const next = await open();
  expect(next.setAside).toBeUndefined();
  expect(next.held.environments.get(gamma)?.newest.generation).toBe(3);
  expect(next.held.told).toEqual(journal.held.told);
  expect(next.held.told.at(-1)).toMatchObject({ drift: { what: 'the disk is well again' } });
});
