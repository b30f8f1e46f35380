// A look that meets a defect: it is told, it rejects nobody, and the next one works.

import { pino } from 'pino';
import { expect, it } from 'vitest';
import { emptyPipeline } from '../../../master/pipeline/record.ts';
import { AutoApply } from '../../../master/triggers/auto-apply.ts';

type Options = ConstructorParameters<typeof AutoApply>[0];

const environments = new Map(['beta', 'prod'].map((name) => [name, { name, apply: 'auto' }]));
const read = { states: { environments }, files: new Map() } as unknown as Options['states']['last'];

/** Fails as often as is said: where the states are read, or where it is asked what holds a stage. */
function start(failing: { states: number; stages: number }) {
  const logged: string[] = [];
  const asked: string[] = [];
  const auto = new AutoApply({
    store: { get: async () => undefined, commit: async () => undefined },
    states: {
      get last() {
        if (failing.states-- > 0) throw new Error('the states are not there');
        return read;
      },
    },
    pipeline: {
      get pipeline() {
        if (failing.stages-- > 0) throw new Error('the stages are not there');
        return emptyPipeline;
      },
    },
    world: { now: () => 0 },
    log: pino({}, { write: (line: string) => void logged.push(line) }),
    pending: async (environment: string) => {
      asked.push(environment);
      return null;
    },
    apply: async () => undefined,
  });
  return { auto, asked, logged };
}

it('tells of a look that failed as a whole, and looks again', async () => {
  const { auto, asked, logged } = start({ states: 1, stages: 0 });
  await auto.look();
  expect(asked).toEqual([]);
  expect(logged.join()).toContain('the states are not there');
  await auto.look();
  expect(asked).toEqual(['beta', 'prod']);
  await auto.close();
});

it('looks at the other environments where one could not be looked at', async () => {
  const { auto, asked, logged } = start({ states: 0, stages: 1 });
  await auto.look();
  expect(asked).toEqual(['prod']);
  expect(logged.join()).toContain('the stages are not there');
  await auto.close();
});
