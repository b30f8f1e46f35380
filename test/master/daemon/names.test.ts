// Names that nothing has, asked of a whole master by the program: said with what there is, exit code 1.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMaster } from '../cli/answers.ts';
import { MasterFixture } from './fixture.ts';

let master: MasterFixture;
beforeAll(async () => {
  master = await MasterFixture.start();
  master.want({ version: 1 });
  await master.join('web-1');
  await master.applied();
});
afterAll(() => master.close());

const says = (...args: readonly string[]) => runMaster([...args, '--dir', master.masterDir]).done;

describe('a name that nothing has', () => {
  it.each([
    ['logs', 'web-2', 'api'],
    ['logs', 'web-2', 'api', '--env', 'beta'],
    ['logs', 'web-1', 'apo'],
    ['events', '--host', 'web-2'],
    ['events', '--env', 'betta'],
    ['events', '--rollout', 'r99'],
    ['events', '--env', 'betta', '--follow'],
    ['plan', 'betta'],
  ])('is told: %s %s %s', async (...args) => {
    const ran = await says(...args);
    expect(ran.err).toContain('[UNKNOWN_NAME]');
    expect([ran.code, ran.out]).toEqual([1, '']);
  });

  it('comes with the one that was meant', async () => {
    expect((await says('logs', 'web-2', 'api')).err).toContain('web-1');
    expect((await says('logs', 'web-1', 'apo')).err).toContain('api');
    expect((await says('events', '--env', 'betta')).err).toContain('beta');
  });

  it('is no reason to refuse those that there are', async () => {
    expect(await says('logs', 'web-1', 'api')).toMatchObject({
      code: 0,
      out: 'api says nothing\n',
    });
    const seen = await says('events', '--env', 'beta', '--host', 'web-1', '--rollout', 'r1');
    expect(seen.code).toBe(0);
    expect(seen.out).toContain('web-1');
  });
});
