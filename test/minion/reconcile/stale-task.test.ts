import { describe, expect, it } from 'vitest';
import type { Performing } from '../../../minion/reconcile/perform.ts';
import { startOrRemake } from '../../../minion/reconcile/stale-task.ts';
import { fault } from '../../../states/faults.ts';
import { containerName } from '../../../states/naming.ts';
import { beta, specOf, stateOf } from '../samples.ts';

const spec = specOf('api', {
  networks: [
    { network: 'starfall-beta', aliases: [] },
    { network: 'starfall-beta_back', aliases: [] },
  ],
  configs: [{ target: '/etc/app.conf', content: 'new', mode: 0o444, user: 0, group: 0 }],
});
const state = stateOf(beta, [spec]);
const name = containerName({ ...state, spec });

/** What an Engine is asked to do, whose first starts fail so. */
async function asked(container: string, ...failing: string[]): Promise<readonly string[]> {
  const calls: string[] = [];
  const note = (what: string) => async (of: string | { readonly name: string }) => {
    calls.push(`${what} ${typeof of === 'string' ? of : of.name}`);
  };
  const engine = {
    ...{
      connect: note('connect'),
      put: note('put'),
      remove: note('remove'),
      create: note('create'),
    },
    start: async (of: string) => {
      calls.push(`start ${of}`);
      const message = failing.shift();
      if (message !== undefined) throw fault('DOCKER_ERROR', message);
    },
  };
  const tally = { created: new Set<string>(), writes: 0 };
  const performing = { engine, state, tally, tell: () => undefined } as unknown as Performing;
  await startOrRemake({ container, spec }, performing);
  return calls;
}

describe('a start', () => {
  it('puts its files there and joins its networks first', async () => {
    expect(await asked(name)).toEqual([`connect ${name}`, `put ${name}`, `start ${name}`]);
  });

  it('that a stale task keeps from happening is one of a new container', async () => {
    const before = [`connect ${name}`, `put ${name}`, `start ${name}`];
    expect(await asked(name, 'id already in use')).toEqual([
      ...before,
      ...[`remove ${name}`, `create ${name}`],
      ...before,
    ]);
  });

  it('of another container than the spec makes, on the way back, gives it nothing of the spec', async () => {
    expect(await asked('starfall-beta-api-old')).toEqual(['start starfall-beta-api-old']);
  });
});
