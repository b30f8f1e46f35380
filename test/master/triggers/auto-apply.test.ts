import { afterEach, describe, expect, it } from 'vitest';
import type { Routes } from '../../../master/api/contract.ts';
import { until, versionsFile } from '../daemon/fixture.ts';
import { Line } from '../daemon/line.ts';

let line: Line;
afterEach(() => line.close());

const rollouts = async (environment: string) =>
  (await line.client.get<Routes['history']>(`/v1/history/${environment}`)).rollouts;

/** People write one environment anew: on the same hosts, with another port. */
function change(environment: string, port: number, apply: string): void {
  line.pull();
  const zone = environment === 'gamma' ? 'two' : 'one';
  line.commit(`${environment} on ${port}`, {
    [`environments/${environment}.yaml`]: `hosts: zone=${zone}\napply: ${apply}\nvars: { port: ${port} }\n`,
  });
}

const released = async (): Promise<void> => {
  line = await Line.start();
  line.enter(1);
  await line.verified('prod', 1);
};

const looks = 3;
/** Longer than it takes to look at the states a few times. */
const wait = () => new Promise((resolve) => setTimeout(resolve, looks * 1_200));

describe('an environment that says `apply: auto`', () => {
  it('gets what people change without anybody saying so, and no other one does', async () => {
    await released();
    change('beta', 19_080, 'manual');
    change('prod', 19_082, 'auto');
    await until('prod has it', async () => {
      const [newest] = await rollouts('prod');
      return newest?.cause === 'apply' && newest.phase === 'succeeded';
    });
    expect((await rollouts('prod'))[0]).toMatchObject({ actor: 'master' });
    await until('nothing waits', async () => (await line.stage('prod')).pending === null);
    expect((await line.stage('beta')).pending).toMatch('master apply beta');
    expect(await rollouts('beta')).toHaveLength(1);
    // The release is the same, and nothing was promoted.
    expect(line.own()).toHaveLength(2);
  }, 60_000);

  it('stays as it is while it is held or frozen', async () => {
    await released();
    await line.say('prod', 'hold', { why: 'a demo' });
    change('prod', 19_082, 'auto');
    await until('it is seen', async () => (await line.stage('prod')).pending !== null);
    await wait();
    expect(await rollouts('prod')).toHaveLength(1);
    await line.say('prod', 'resume');
    await until('prod has it', async () => (await rollouts('prod')).length === 2);

    await until('nothing waits', async () => (await line.stage('prod')).pending === null);
    const freeze = { environments: ['prod'], message: 'a holiday', actor: 'ann@desk' };
    const { id } = await line.client.send<{ id: string }>('POST', '/v1/freezes', freeze);
    change('prod', 19_083, 'auto');
    await until('it is seen', async () => (await line.stage('prod')).pending !== null);
    await wait();
    expect(await rollouts('prod')).toHaveLength(2);
    await line.client.send('DELETE', `/v1/freezes/${id}?actor=ann@desk`);
    await until('prod has it', async () => (await rollouts('prod')).length === 3);
  }, 60_000);

  it('outside of the pipeline gets the versions too that people write there', async () => {
    line = await Line.start();
    line.pull();
    line.commit('An environment of its own', {
      'environments/dev.yaml': 'hosts: zone=two\napply: auto\nvars: { port: 18090 }\n',
      'versions/dev.yaml': versionsFile(7),
    });
    const runs = () => line.hosts.get('web-2')?.tags('dev')[0];
    await until('it runs', () => Promise.resolve(runs() === '1.7.0'));
    line.pull();
    line.commit('Run 1.8.0 in dev', { 'versions/dev.yaml': versionsFile(8) });
    await until('the newer one runs', () => Promise.resolve(runs() === '1.8.0'));
    expect((await rollouts('dev')).map(({ actor, cause }) => [actor, cause])).toEqual([
      ['master', 'apply'],
      ['master', 'apply'],
    ]);
  }, 60_000);

  it('is not tried again where it failed, also by a master that has started anew', async () => {
    await released();
    line.hosts.get('web-1')?.bad.add('1.1.0');
    change('prod', 19_082, 'auto');
    await until('it has failed', async () => {
      const [newest] = await rollouts('prod');
      return newest?.cause === 'apply' && newest.endedAt !== null;
    });
    await wait();
    await line.reopen();
    await wait();
    expect(await rollouts('prod')).toHaveLength(2);
    expect((await line.stage('prod')).pending).toMatch(
      'on 1 host: by itself, or master apply prod',
    );
    // Another change is another attempt.
    line.hosts.get('web-1')?.bad.clear();
    change('prod', 19_083, 'auto');
    await until('prod has it', async () => {
      const [newest] = await rollouts('prod');
      return newest?.cause === 'apply' && newest.phase === 'succeeded';
    });
    expect(await rollouts('prod')).toHaveLength(3);
  }, 60_000);
});
