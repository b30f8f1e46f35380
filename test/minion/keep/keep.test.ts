// The end of a minion while a change is at its own end: nothing begins any more, and nothing is left.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../../minion/engine/engine.ts';
import { HealthBook } from '../../../minion/health/health.ts';
import { Journal } from '../../../minion/journal.ts';
import { Keep } from '../../../minion/keep/keep.ts';
import { realWorld } from '../../../protocol/world.ts';
import { until } from '../../e2e/product.ts';
import { beta, desireOf, openPolicy, stateOf } from '../samples.ts';

const log = pino({ level: 'silent' });
/** Nothing is on the host, and nothing is wanted there. */
const engine = {
  containers: async () => [],
  images: async () => [],
  networks: async () => [],
  volumes: async () => [],
} as unknown as Engine;
const wanted = (generation: number) => desireOf(beta, generation, { state: stateOf(beta, []) });

let dir: string;
let journal: Journal;
let health: HealthBook;
let keep: Keep;

/** Opened when the journal is about to write the word that is named, and when it may go on. */
function heldAt(word: 'settle' | 'accept') {
  let reached = false;
  let goOn = (): void => undefined;
  const gate = new Promise<void>((resolve) => (goOn = resolve));
  const real = (journal[word] as (about: unknown) => Promise<void>).bind(journal);
  vi.spyOn(journal, word).mockImplementationOnce(async (about: unknown) => {
    reached = true;
    await gate;
    await real(about);
  });
  return { reached: () => until(`${word} is reached`, async () => reached), goOn };
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brine-keep-'));
  const options = { dir, owner: 'web-1 of a1', isSigned: () => true, world: realWorld, log };
  journal = await Journal.open(options);
  health = new HealthBook({ engine, world: realWorld, onUnhealthy: () => undefined });
  keep = new Keep({
    ...{ environment: beta, journal, log, engine, health, world: realWorld, policy: openPolicy },
    wake: () => undefined,
    progress: () => undefined,
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await keep.close();
  await health.close();
  await journal.close();
  await rm(dir, { recursive: true, force: true });
});

describe('an environment that is closed', () => {
  it.each(['settle', 'accept'] as const)(
    'while its journal is at "%s" begins nothing',
    async (word) => {
      const held = heldAt(word);
      const watch = vi.spyOn(health, 'watch');
      const look = vi.spyOn(engine, 'containers');
      keep.desire(wanted(1));
      await held.reached();
      const closed = keep.close();
      held.goOn();
      await closed;
      const looks = look.mock.calls.length;
      // Whoever was told to look again soon would do so now.
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(look).toHaveBeenCalledTimes(looks);
      expect(watch).not.toHaveBeenCalled();
      expect(keep.doing).toBe(word === 'settle' ? 'holding' : 'nothing');
      expect(journal.held.environments.get(beta)?.newest.generation).toBe(1);
    },
  );

  it('takes no other desire', async () => {
    keep.desire(wanted(1));
    await until('it is reached', async () => keep.doing === 'holding');
    await keep.close();
    keep.desire(wanted(2));
    await keep.close();
    expect(journal.held.environments.get(beta)?.newest.generation).toBe(1);
  });
});
