// What git asks for and the hosts do not run yet, as `status` and `plan` tell it, up to an environment
// that git no longer has; and an apply of exactly the plan that was agreed to.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EnvironmentStatus, PlanView } from '../../../master/api/contract.ts';
import { MasterFixture, until } from './fixture.ts';

let master: MasterFixture;
beforeEach(async () => {
  master = await MasterFixture.start();
  master.want({ version: 1 });
  for (const id of ['web-1', 'web-2']) await master.join(id);
  await master.applied();
});
afterEach(() => master.close());

async function beta(): Promise<EnvironmentStatus> {
  const [found] = (await master.status('beta')).environments;
  if (found === undefined) throw new Error('beta is not there');
  return found;
}

const behind = async (): Promise<readonly string[]> =>
  (await beta()).hosts.flatMap((host) => (host.behind ? [host.host] : []));

const send = <T>(path: string, body: object): Promise<T> =>
  master.client.send<T>('POST', path, { environment: 'beta', ...body });

describe('status', () => {
  it('tells what git asks for from the moment it is committed until every host runs it', async () => {
    expect(await beta()).toMatchObject({ pending: null });
    master.want({ version: 2 });
    expect(await beta()).toMatchObject({
      pending: {
        ...{ kind: 'changed', subject: 'Run api 1.2.0', hosts: ['web-1', 'web-2'] },
        images: [{ name: 'api', tag: '1.2.0' }],
      },
      hosts: [
        { host: 'web-1', inSync: true, behind: true },
        { host: 'web-2', inSync: true, behind: true },
      ],
    });
    await master.applied('web-1');
    expect(await behind()).toEqual(['web-2']);
    await master.applied();
    expect(await beta()).toMatchObject({ pending: null });
  });

  it('tells after a rollback that git still asks for what was left', async () => {
    master.want({ version: 2 });
    await master.applied();
    await master.ended((await master.rollback()).rollout?.id ?? '');
    expect(await beta()).toMatchObject({ pending: { hosts: ['web-1', 'web-2'] } });
  });

  it('tells nothing of a change that makes no new container, as of a comment', async () => {
    master.commit('Explain', {
      'environments/beta.yaml': '# the first ring\n\nhosts: ring=beta\n',
    });
    expect(await beta()).toMatchObject({ pending: null });
  });

  it('knows what a tag without a digest stands for only as far as hosts run it', async () => {
    const versions = (tag: string) => ({
      'versions/beta.yaml': `images:\n  api: { tag: "${tag}" }\n`,
    });
    master.commit('Leave the digest out', versions('1.1.0'));
    expect(await beta()).toMatchObject({ pending: null });
    master.commit('Another tag', versions('1.9.0'));
    expect(await beta()).toMatchObject({ pending: { images: [{ tag: '1.9.0' }] } });
  });

  it('tells of a host that came, and of states that cannot be applied', async () => {
    await master.join('web-3');
    expect(await beta()).toMatchObject({ pending: { hosts: ['web-3'] } });
    master.git('rm', '--quiet', 'versions/beta.yaml');
    master.git('commit', '--quiet', '-m', 'Break it');
    const { pending } = await beta();
    expect(pending).toMatchObject({ kind: 'invalid', hosts: [], subject: 'Break it' });
    expect(pending?.problem).toContain('beta has no versions');
  });
});

describe('an apply of a plan', () => {
  it('is refused once it would do anything else, and changes nothing then', async () => {
    master.want({ version: 2 });
    const plan = await send<PlanView>('/v1/plan', { toApply: true });
    master.want({ version: 3 });
    const late = send('/v1/apply', { actor: 'ann@desk', plan: plan.id });
    await expect(late).rejects.toMatchObject({
      data: { code: 'PLAN_OUTDATED', message: expect.stringContaining('Run api 1.3.0') as string },
    });
    expect(master.tags()).toEqual([['1.1.0'], ['1.1.0']]);
    const { id } = await master.plan();
    expect(id).not.toBe(plan.id);
    const answer = await send<{ rollout: { id: string } }>('/v1/apply', {
      ...{ actor: 'ann@desk', plan: id },
    });
    expect(await master.ended(answer.rollout.id)).toMatchObject({ phase: 'succeeded' });
    expect(master.tags()).toEqual([['1.3.0'], ['1.3.0']]);
  });

  it('names what changes, old → new, and what it cannot know', async () => {
    master.want({ version: 2, env: { GREETING: 'good day' } });
    const [first] = (await master.plan()).hosts;
    expect(first?.changes).toMatchObject([{ service: 'api', kind: 'changed', known: true }]);
    expect(first?.changes[0]?.differences.map(({ what, from, to }) => [what, from, to])).toEqual([
      ['image', expect.stringMatching(/^api 1\.1\.0 \(/), expect.stringMatching(/^api 1\.2\.0 \(/)],
      ['env GREETING', 'hello', 'good day'],
    ]);
  });

  it('is told of a rollout that goes on when its plan is asked for', async () => {
    for (const host of master.hosts.values()) host.pulls = 'wait';
    master.want({ version: 2 });
    await master.apply();
    const plan = send('/v1/plan', { toApply: true });
    await expect(plan).rejects.toMatchObject({ data: { code: 'ROLLOUT_BUSY' } });
    await master.client.send('POST', '/v1/rollouts/r2/abort', { actor: 'ann@desk' });
  });
});

describe('an environment that git no longer has', () => {
  const remove = (): void => {
    master.git('rm', '--quiet', 'environments/beta.yaml', 'versions/beta.yaml');
    master.git('commit', '--quiet', '-m', 'Give beta up');
  };

  it('is shown as such, removed by the next apply, and then is history', async () => {
    remove();
    expect(await beta()).toMatchObject({ pending: { kind: 'removed', hosts: ['web-1', 'web-2'] } });
    const plan = await master.plan();
    expect(plan).toMatchObject({ removes: true, subject: 'Give beta up' });
    expect(plan.warnings[0]).toContain('the states no longer have beta');
    expect(plan.hosts[0]?.changes).toMatchObject([{ service: 'api', kind: 'removed' }]);
    expect(await master.applied()).toMatchObject({ phase: 'succeeded', images: [] });
    expect(master.tags()).toEqual([[], []]);
    expect((await master.status()).environments).toEqual([]);
    await expect(master.plan()).rejects.toMatchObject({ data: { code: 'UNKNOWN_NAME' } });
    const { rollouts } = await master.client.get<{ rollouts: unknown[] }>('/v1/history/beta');
    expect(rollouts).toHaveLength(2);
  });

  it('goes from a host that is away when that is back', async () => {
    await master.unlink('web-2');
    remove();
    expect(await master.applied()).toMatchObject({ exit: 6 });
    expect((await beta()).hosts.map(({ host }) => host)).toEqual(['web-2']);
    await master.link('web-2');
    await until('nothing is left', async () => (await master.status()).environments.length === 0);
    expect(master.tags()).toEqual([[], []]);
  });
});

describe('names that nothing has', () => {
  it('are answered with what there is', async () => {
    const history = master.client.get('/v1/history/nope');
    await expect(history).rejects.toMatchObject({
      data: { code: 'UNKNOWN_NAME', message: expect.stringContaining('beta') as string },
    });
    await expect(master.rollback('nope')).rejects.toMatchObject({
      data: { code: 'UNKNOWN_NAME', message: expect.stringContaining('r1') as string },
    });
    master.want({ version: 2 });
    for (const host of master.hosts.values()) host.bad.add('1.2.0');
    await master.applied();
    await expect(master.rollback('r2')).rejects.toMatchObject({
      data: { code: 'ROLLOUT_NONE', message: expect.stringContaining('rolled-back') as string },
    });
    const back = await master.rollback('r1');
    expect(back.plan.hosts.every(({ state }) => state === 'in-sync')).toBe(true);
  });
});
