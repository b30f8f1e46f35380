import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../minion/journal.ts';
import {
  isSignedDesire,
  makeSigningKey,
  readSigner,
  signDesire,
  signerText,
} from '../../protocol/identity/signing.ts';
import type { Desire } from '../../protocol/messages.ts';
import { realWorld } from '../../protocol/world.ts';
import { parseHostId, type HostId } from '../../states/ids.ts';
import { beta, desireOf, driftOf, gamma, reportOf } from './samples.ts';

let dir: string;
const logged: string[] = [];
const log = pino({}, { write: (line: string) => void logged.push(line) });
const opened: Journal[] = [];

async function open(
  owner = 'web-1 of a1',
  isSigned: (desire: Desire) => boolean = () => true,
): Promise<Journal> {
  const journal = await Journal.open({ dir, owner, isSigned, world: realWorld, log });
  opened.push(journal);
  return journal;
}

const path = (): string => join(dir, 'journal');

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brine-journal-'));
  logged.length = 0;
});

afterEach(async () => {
  for (const journal of opened.splice(0)) await journal.close();
  await rm(dir, { recursive: true, force: true });
});

describe('the journal', () => {
  it('holds across a kill what was accepted, told and not acknowledged', async () => {
    const journal = await open();
    await journal.accept(desireOf(beta, 4));
    await journal.settle(reportOf(desireOf(beta, 4)));
    await journal.drifted(driftOf(beta, 'died'));
    const [first] = journal.held.told;
    await journal.acked(first?.seq ?? 0);
    // Not closed: the next one reads what a killed one has left.
    const next = await open();
    expect(next.held).toMatchObject({ ...journal.held, lastNumber: expect.any(Number) as number });
    expect(next.held.told.map(({ type }) => type)).toEqual(['drift']);
    expect(next.held.environments.get(beta)?.settled?.generation).toBe(4);
  });

  it('never gives a number twice, not even when the file is lost', async () => {
    const journal = await open();
    const numbers = (of: Journal): number[] => of.held.told.map(({ seq }) => seq);
    await journal.drifted(driftOf(beta, 'one'));
    const again = await open();
    await again.drifted(driftOf(beta, 'two'));
    await rm(path());
    const fresh = await open();
    await fresh.drifted(driftOf(beta, 'three'));
    const all = [...numbers(again), ...numbers(fresh)];
    expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
    expect(all).toHaveLength(3);
  });

  it('is for the eyes of its owner only', async () => {
    await open();
    expect((await stat(path())).mode & 0o777).toBe(0o600);
  });

  it('goes on after a torn end without a word', async () => {
    const journal = await open();
    await journal.accept(desireOf(beta, 1));
    await journal.accept(desireOf(gamma, 2));
    const bytes = await readFile(path());
    await writeFile(path(), bytes.subarray(0, bytes.length - 7));
    const next = await open();
    expect([...next.held.environments.keys()]).toEqual([beta]);
    await next.accept(desireOf(gamma, 3));
    const last = await open();
    expect([...last.held.environments.keys()]).toEqual([beta, gamma]);
    expect(last.setAside).toBeUndefined();
    expect(logged).toEqual([]);
  });

  it('that is damaged in the middle is told, put aside and not obeyed', async () => {
    const journal = await open();
    await journal.accept(desireOf(beta, 1));
    await journal.accept(desireOf(gamma, 2));
    const bytes = await readFile(path());
    bytes[bytes.length >> 1] = 0x58;
    await writeFile(path(), bytes);
    const next = await open();
    expect(next.held.environments.size).toBe(0);
    expect(next.setAside).toMatch(/damaged: line \d is not as it was written/);
    expect(logged.join()).toMatch(/not obeyed/);
    const aside = (await readdir(dir)).filter((name) => name.startsWith('journal.aside-'));
    expect(aside).toHaveLength(1);
    expect(await readFile(join(dir, aside[0] ?? ''))).toEqual(bytes);
    await next.accept(desireOf(beta, 9));
    expect((await open()).held.environments.get(beta)?.newest.generation).toBe(9);
  });

  it('of another host or master is put aside', async () => {
    await (await open('web-1 of a1')).accept(desireOf(beta, 900));
    const other = await open('web-1 of b2');
    expect(other.held.environments.size).toBe(0);
    expect(other.setAside).toMatch(/another host or master/);
  });

  it('that says what the master has not signed for this host is put aside', async () => {
    const key = makeSigningKey();
    const signer = readSigner(signerText(key));
    if (signer === undefined) throw new Error('no key');
    const [own, other] = [parseHostId('web-1'), parseHostId('web-2')] as HostId[];
    if (own === undefined || other === undefined) throw new Error('no ids');
    const isSigned = (desire: Desire): boolean => isSignedDesire(signer, own, desire);
    const wanted = desireOf(beta, 3);
    await (
      await open(undefined, isSigned)
    ).accept({
      ...{ ...wanted, signature: signDesire(key, own, wanted) },
    });
    const again = await open(undefined, isSigned);
    expect(again.held.environments.get(beta)?.newest.generation).toBe(3);
    for (const wrong of [
      desireOf(beta, 4),
      { ...desireOf(beta, 4), signature: signDesire(key, other, desireOf(beta, 4)) },
      { ...desireOf(beta, 4), signature: signDesire(key, own, wanted) },
    ]) {
      // Whole by its checksums, as somebody who can write the disk would make it.
      await (await open()).accept(wrong);
      const next = await open(undefined, isSigned);
      expect(next.held.environments.size).toBe(0);
      expect(next.setAside).toMatch(/beta is not signed for this host/);
    }
  });

  it('writes what comes at once together, and in order', async () => {
    const journal = await open();
    const before = (await readFile(path())).toString().split('\n').length;
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => journal.drifted(driftOf(beta, `drift ${index}`))),
    );
    const lines = (await readFile(path())).toString().split('\n').length;
    expect(lines - before).toBeLessThan(10);
    const seqs = journal.held.told.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(seqs).toHaveLength(200);
  });

  it('never takes in what it would not believe later', async () => {
    const journal = await open();
    await journal.accept(desireOf(beta, 1));
    await journal.drifted(driftOf(beta, 'x'.repeat(100_000)));
    const logs = Array.from({ length: 500 }, () => 'line');
    const failure = { code: 'CONTAINER_EXITED', message: 'gone', phase: 'healthy', logs } as const;
    const report = reportOf(desireOf(beta, 1), { outcome: 'failed', failures: [failure] });
    await journal.settle(report);
    const next = await open();
    expect(next.setAside).toBeUndefined();
    expect(next.held.told.map(({ type }) => type)).toEqual(['drift', 'report']);
    expect(next.held.environments.get(beta)?.settled?.failures[0]?.message).toBe('gone');
    expect(logged.join()).toMatch(/had to be shortened/);
  });

  it('stays small however long it runs', async () => {
    const journal = await open();
    const what = 'x'.repeat(8_000);
    for (let turn = 0; turn < 40; turn += 1) {
      const told = Array.from({ length: 20 }, () => journal.drifted(driftOf(beta, what)));
      await Promise.all(told);
      await journal.acked(journal.held.told.at(-1)?.seq ?? 0);
    }
    expect((await stat(path())).size).toBeLessThan(1_500_000);
    expect((await open()).held.told).toEqual(journal.held.told);
  });
});
