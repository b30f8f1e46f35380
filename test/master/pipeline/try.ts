// Tries one schedule, and where it breaks an invariant makes it as short as it can be and still break it.

import { finish } from './ending.ts';
import { perform, scheduleOf, type Operation } from './schedule.ts';
import { World } from './world.ts';

/** Undefined when all held. */
function broken(schedule: readonly Operation[], seed: number): Error | undefined {
  // Some with records that nobody may write to.
  const world = new World(seed % 64 === 0);
  try {
    for (const operation of schedule) perform(world, operation);
    finish(world, seed % 32 === 0 ? 'silence' : seed % 4 === 0 ? 'arrival' : 'answers');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

export function trySeeds(from: number, count: number): void {
  for (let seed = from; seed < from + count; seed += 1) {
    const schedule = scheduleOf(seed);
    const error = broken(schedule, seed);
    if (error !== undefined) throw report(seed, schedule, error);
  }
}

function report(seed: number, schedule: readonly Operation[], first: Error): Error {
  const least = shrunk(schedule, seed);
  const error = broken(least, seed) ?? first;
  const lines = least.map((operation) => `  ${JSON.stringify(operation)}`).join('\n');
  const again = `BRINE_SEED=${seed} npx vitest run --project unit test/master/pipeline`;
  return new Error(`seed ${seed}: ${error.message}\n${lines}\nagain: ${again}`, { cause: error });
}

/** Without whatever it breaks without. */
function shrunk(schedule: readonly Operation[], seed: number): readonly Operation[] {
  let least = schedule;
  for (let size = Math.ceil(least.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < least.length;) {
      const shorter = [...least.slice(0, at), ...least.slice(at + size)];
      if (broken(shorter, seed) === undefined) at += size;
      else least = shorter;
    }
  }
  return least;
}
