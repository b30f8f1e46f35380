import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrineEvent } from '../../../master/events.ts';
import { MasterFixture, until, versionsFile } from './fixture.ts';

let master: MasterFixture;
beforeEach(async () => {
  master = await MasterFixture.start();
});
afterEach(() => master.close());

const threeHosts = async (): Promise<void> => {
  for (const id of ['web-1', 'web-2', 'web-3']) await master.join(id);
};

const events = async (): Promise<readonly BrineEvent[]> =>
  (await master.client.get<{ events: BrineEvent[] }>('/v1/events')).events;

describe('apply', () => {
  it('brings every host to the states, and is nothing to do the second time', async () => {
    master.want({ version: 1 });
    await threeHosts();
    const planned = await master.plan();
    expect(planned.hosts.map(({ host, state }) => `${host} ${state}`)).toEqual([
      ...['web-1 changes', 'web-2 changes', 'web-3 changes'],
    ]);
    expect(planned.batches).toEqual([['web-1'], ['web-2'], ['web-3']]);
    expect(planned.hosts[0]?.changes).toMatchObject([{ service: 'api', kind: 'new', known: true }]);
    expect(JSON.stringify(planned.hosts[0]?.steps)).not.toContain('hello');
    const rollout = await master.applied();
    expect(rollout).toMatchObject({
      id: 'r1',
      phase: 'succeeded',
      exit: 0,
      subject: 'Run api 1.1.0',
    });
    expect(master.tags()).toEqual([['1.1.0'], ['1.1.0'], ['1.1.0']]);
    const before = [...master.hosts.values()].map(({ writes }) => writes);
    const again = await master.apply();
    expect(again.rollout).toBeNull();
    expect(again.plan.hosts.every(({ state }) => state === 'in-sync')).toBe(true);
    expect([...master.hosts.values()].map(({ writes }) => writes)).toEqual(before);
    const { rollouts } = await master.client.get<{ rollouts: unknown[] }>('/v1/history/beta');
    expect(rollouts).toHaveLength(1);
  });

  it('goes back from a version that fails, with its evidence', async () => {
    master.want({ version: 1 });
    await threeHosts();
    await master.applied();
    for (const host of master.hosts.values()) host.bad.add('1.2.0');
    master.want({ version: 2 });
    const rollout = await master.applied();
    expect(rollout).toMatchObject({ phase: 'rolled-back', exit: 3 });
    expect(rollout.why).toBe('web-1: api: it exited with 1');
    expect(rollout.hosts[0]?.failures).toMatchObject([{ logs: ['cannot open the database'] }]);
    expect(master.tags()).toEqual([['1.1.0'], ['1.1.0'], ['1.1.0']]);
    const [beta] = (await master.status('beta')).environments;
    expect(beta).toMatchObject({ last: { id: 'r2' }, current: null });
    expect(beta?.hosts.map(({ inSync, release }) => [inSync, release === beta.release])).toEqual([
      ...[
        [true, true],
        [true, true],
        [true, true],
      ],
    ]);
  });

  it('touches nothing when an image cannot be pulled', async () => {
    master.want({ version: 1 });
    await threeHosts();
    await master.applied();
    const before = [...master.hosts.values()].map(({ writes }) => writes);
    for (const host of master.hosts.values()) host.pulls = 'fail';
    master.want({ version: 2 });
    expect(await master.applied()).toMatchObject({ phase: 'rolled-back', exit: 3 });
    expect([...master.hosts.values()].map(({ writes }) => writes)).toEqual(before);
  });

  it('writes a release down that changes nothing on any host', async () => {
    master.want({ version: 1 });
    await threeHosts();
    await master.applied();
    master.commit('Give it another tag', {
      'versions/beta.yaml': versionsFile(1).replace('1.1.0', '1.1.0-final'),
    });
    const answer = await master.apply();
    expect(answer.rollout).toBeNull();
    const [beta] = (await master.status('beta')).environments;
    expect(beta).toMatchObject({ subject: 'Give it another tag', last: { id: 'r2', exit: 0 } });
    expect(beta?.images).toMatchObject([{ tag: '1.1.0-final' }]);
    await until('all have it', async () => {
      const [now] = (await master.status('beta')).environments;
      return now?.hosts.every(({ inSync }) => inSync) === true;
    });
  });

  it('is for the hosts named only, and of those that are not there for none', async () => {
    master.want({ version: 1 });
    await threeHosts();
    const rollout = await master.applied('web-2');
    expect(rollout.hosts.map(({ host }) => host)).toEqual(['web-2']);
    expect(rollout.partial).toBe(true);
    expect(master.tags()).toEqual([[], ['1.1.0'], []]);
    await expect(master.apply('db-*')).rejects.toMatchObject({ data: { code: 'NO_HOSTS' } });
    await expect(master.apply('((')).rejects.toMatchObject({ data: { code: 'BAD_USAGE' } });
  });

  it('takes away what a host no longer belongs to, and says so first', async () => {
    master.want({ version: 1 });
    await threeHosts();
    await master.applied();
    await master.client.send('PUT', '/v1/hosts/web-3/labels', {
      ...{ set: { ring: 'gamma' }, remove: [], actor: 'ann@desk' },
    });
    const planned = await master.plan();
    expect(planned.warnings).toEqual([
      'web-3 no longer belongs to beta: what runs of it there is removed',
    ]);
    expect(planned.hosts.map(({ host, state }) => `${host} ${state}`)).toContain('web-3 changes');
    expect(await master.applied()).toMatchObject({ phase: 'succeeded', exit: 0 });
    expect(master.tags()).toEqual([['1.1.0'], ['1.1.0'], []]);
    expect((await master.plan()).hosts.map(({ host }) => host)).toEqual(['web-1', 'web-2']);
    expect((await master.status('beta')).environments[0]?.hosts).toHaveLength(2);
  });

  it('is refused while another one goes on, which can be aborted', async () => {
    master.want({ version: 1 });
    await threeHosts();
    for (const host of master.hosts.values()) host.pulls = 'wait';
    const { rollout } = await master.apply();
    await expect(master.apply()).rejects.toMatchObject({ data: { code: 'ROLLOUT_BUSY' } });
    await expect(master.rollback()).rejects.toMatchObject({ data: { code: 'ROLLOUT_BUSY' } });
    expect((await master.status('beta')).environments[0]?.current?.id).toBe(rollout?.id);
    const path = `/v1/rollouts/${rollout?.id}/abort`;
    const aborted = await master.client.send('POST', path, { actor: 'bob@desk' });
    expect(aborted).toMatchObject({ phase: 'aborted', why: 'bob@desk aborted it', exit: 4 });
    await expect(master.client.send('POST', path, { actor: 'bob' })).rejects.toMatchObject({
      data: { code: 'ROLLOUT_NONE' },
    });
  });

  it('is refused where a port is not free, and nothing is touched', async () => {
    master.want({ version: 1 });
    await threeHosts();
    master.hosts.get('web-2')?.takePort(18_080);
    await expect(master.apply()).rejects.toMatchObject({
      data: { code: 'PORT_TAKEN', where: 'web-2' },
    });
    expect(master.tags()).toEqual([[], [], []]);
  });

  it('is refused with the diagnostics where the states are wrong', async () => {
    master.want({ version: 1 });
    await threeHosts();
    master.commit('Break it', { 'services/api.yaml': 'image: api\nhelthcheck: { http: /up }\n' });
    await expect(master.plan()).rejects.toMatchObject({
      data: { code: 'STATE_INVALID' },
      answer: { rendered: expect.stringContaining('did you mean `healthcheck`?') as string },
    });
    expect((await master.status()).states.error).toContain('services/api.yaml:2');
  });

  it('is refused where two environments want one port of one host', async () => {
    master.want({ version: 1 });
    await threeHosts();
    await master.applied();
    master.commit('Add prod on the same hosts', {
      'environments/prod.yaml': 'hosts: ring=beta\n',
      'versions/prod.yaml': versionsFile(1),
    });
    const request = { environment: 'prod' };
    await expect(master.client.send('POST', '/v1/plan', request)).rejects.toMatchObject({
      data: { code: 'PORT_CONFLICT' },
      answer: { rendered: expect.stringContaining('18080') as string },
    });
  });

  it('without any host that answers says who is missing', async () => {
    master.want({ version: 1 });
    await master.join('web-1');
    await master.unlink('web-1');
    await expect(master.apply()).rejects.toMatchObject({ data: { code: 'HOSTS_MISSING' } });
  });
});

describe('a host that is away', () => {
  it('is told, and converges by itself when it is back', async () => {
    master.want({ version: 1 });
    await threeHosts();
    await master.unlink('web-3');
    const rollout = await master.applied();
    expect(rollout).toMatchObject({ phase: 'succeeded', exit: 6 });
    expect(rollout.hosts.at(-1)).toMatchObject({ host: 'web-3', phase: 'offline' });
    await master.link('web-3');
    await until('it has converged', async () => master.hosts.get('web-3')?.tags()[0] === '1.1.0');
    expect((await events()).map(({ message }) => message)).toContain('web-3 is linked');
  });
});

describe('rollback', () => {
  it('goes back to the release before, without git', async () => {
    for (const version of [1, 2]) {
      master.want({ version });
      if (version === 1) await threeHosts();
      await master.applied();
    }
    master.commit('Break it', { 'brine.yaml': 'project: [' });
    const answer = await master.rollback();
    expect(await master.ended(answer.rollout?.id ?? '')).toMatchObject({
      ...{ phase: 'succeeded', cause: 'rollback', exit: 0 },
      images: [{ tag: '1.1.0' }],
    });
    expect(master.tags()).toEqual([['1.1.0'], ['1.1.0'], ['1.1.0']]);
  });

  it('has nothing to go back to at first', async () => {
    master.want({ version: 1 });
    await threeHosts();
    await expect(master.rollback()).rejects.toMatchObject({ data: { code: 'ROLLOUT_NONE' } });
    await master.applied();
    await expect(master.rollback()).rejects.toMatchObject({ data: { code: 'ROLLOUT_NONE' } });
  });
});
