import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ExplainView, ReleaseView } from '../../../master/api/pipeline-contract.ts';
import { until, versionsFile } from './fixture.ts';
import { Line } from './line.ts';

let line: Line;
afterEach(() => line.close());

const wholeLine = async (version: number): Promise<void> => {
  for (const environment of ['beta', 'gamma', 'prod']) await line.verified(environment, version);
};

describe('a pipeline of a whole master', () => {
  it('brings a release from beta to prod by itself, with one commit and one promotion a stage', async () => {
    line = await Line.start();
    line.enter(1);
    await wholeLine(1);
    expect(line.hosts.get('web-1')?.tags('beta')).toEqual(['1.1.0']);
    expect(line.hosts.get('web-2')?.tags('gamma')).toEqual(['1.1.0']);
    expect(line.hosts.get('web-1')?.tags('prod')).toEqual(['1.1.0']);
    const { current } = await line.stage('prod');
    const release = current?.release ?? '';
    expect(line.own()).toEqual([`Promote ${release} to gamma`, `Promote ${release} to prod`]);
    const trailers = line.git('log', '-1', '--format=%(trailers)', 'origin/main');
    expect(trailers).toMatch(/^Brine-Promotion: p3\.[0-9a-z]{8}\nBrine-Release: [0-9a-f]{8}\n/);
    const view = await line.client.get<ReleaseView>(`/v1/releases/${release}`);
    expect(
      view.stages.map(({ environment, state, tests }) => [environment, state, tests.length]),
    ).toEqual([
      ...[
        ['beta', 'runs', 1],
        ['gamma', 'runs', 1],
        ['prod', 'runs', 1],
      ],
    ]);
    expect(view.stages[2]?.tests[0]).toMatchObject({ test: 'smoke', verdict: 'passed' });
    const kinds = new Set((await line.events()).map(({ kind }) => kind));
    expect(kinds).toContain('promotion');
    expect(kinds).toContain('test');
    const explained = await line.client.get<ExplainView>('/v1/explain/prod');
    expect(explained.reason).toMatch('no release newer');
    line.pull();
    line.commit('Move', { 'environments/prod.yaml': 'hosts: zone=one\nvars: { port: 18083 }\n' });
    await until('it is shown', async () => (await line.stage('prod')).pending !== null);
    expect((await line.stage('prod')).pending).toMatch('1 host');
    await line.client.send('POST', '/v1/apply', { environment: 'prod', actor: 'ann@desk' });
    await until('it is done', async () => (await line.stage('prod')).pending === null);
    // The next one takes the same way, also after a start in between.
    await line.reopen();
    line.enter(2);
    await wholeLine(2);
    expect(line.own()).toHaveLength(4);
  }, 60_000);

  it('goes back where a test fails, and later stages never see the release', async () => {
    line = await Line.start();
    line.enter(1);
    await wholeLine(1);
    line.hosts.get('web-2')?.failing.add('gamma smoke');
    line.enter(2);
    await until(
      'gamma is back',
      async () => (await line.stage('gamma')).last?.phase === 'rolled-back',
    );
    expect(line.hosts.get('web-1')?.tags('beta')).toEqual(['1.2.0']);
    expect(line.hosts.get('web-2')?.tags('gamma')).toEqual(['1.1.0']);
    expect(line.hosts.get('web-1')?.tags('prod')).toEqual(['1.1.0']);
    const gamma = await line.stage('gamma');
    expect(gamma.last).toMatchObject({
      exit: 7,
      back: { why: 'smoke failed: expected 200, got 500' },
    });
    expect(gamma.quarantined).toHaveLength(1);
    expect(line.own().at(-1)).toMatch('Roll gamma back to');
  }, 60_000);

  it('takes a revert by a person for a way back', async () => {
    line = await Line.start();
    line.enter(1);
    await wholeLine(1);
    line.enter(2);
    await wholeLine(2);
    line.pull();
    const last = line.git('log', '-1', '--format=%H', '--', 'versions/prod.yaml');
    line.git('revert', '--no-edit', last);
    line.push();
    await until('prod runs 1.1.0', async () => {
      const [tag] = line.hosts.get('web-1')?.tags('prod') ?? [];
      return tag === '1.1.0' && (await line.stage('prod')).active === null;
    });
    expect((await line.stage('prod')).last).toMatchObject({
      ...{ kind: 'rollback', cause: 'revert', phase: 'rolled-back', exit: 0 },
      actor: 'Ann <ann@example.com>',
    });
    expect(line.own()).toHaveLength(4);
  }, 60_000);

  it('waits for people where they hold, freeze or have to approve', async () => {
    line = await Line.start('{ after: gamma, verify: [smoke], approval: manual }');
    await line.say('gamma', 'hold', { why: 'a demo' });
    line.enter(1);
    await line.verified('beta', 1);
    await until('gamma waits', async () => (await line.stage('gamma')).waiting !== null);
    expect((await line.stage('gamma')).next.reason).toBe('held by ann@desk: a demo');
    const freeze = await line.client.send<{ id: string }>('POST', '/v1/freezes', {
      ...{ message: 'Christmas', actor: 'ann@desk', environments: ['gamma'] },
    });
    await line.say('gamma', 'resume');
    expect((await line.stage('gamma')).next.reason).toBe('frozen by ann@desk: Christmas');
    await line.client.send('DELETE', `/v1/freezes/${freeze.id}?actor=ann@desk`);
    await line.verified('gamma', 1);
    await until('prod waits', async () => (await line.stage('prod')).waiting !== null);
    expect((await line.stage('prod')).next.reason).toMatch('needs an approval');
    await line.say('prod', 'approve');
    await line.verified('prod', 1);
    await expect(line.say('prod', 'retry')).rejects.toThrow('nothing in prod has failed');
    await expect(line.say('dev', 'retry')).rejects.toThrow('no stage dev');
  }, 60_000);

  it('lets nothing untested into a later stage by hand but by force, which is recorded', async () => {
    line = await Line.start();
    line.enter(1);
    await wholeLine(1);
    line.pull();
    line.commit('Run 1.9.0 in prod', { 'versions/prod.yaml': versionsFile(9) });
    const apply = () =>
      line.client.send('POST', '/v1/apply', { environment: 'prod', actor: 'ann@desk' });
    await expect(apply()).rejects.toThrow('not verified in gamma');
    expect(line.hosts.get('web-1')?.tags('prod')).toEqual(['1.1.0']);
    const release = (await line.stage('prod')).waiting?.release ?? '';
    const forced = await line.say('prod', 'promote', { release, force: { why: 'customers wait' } });
    await line.verified('prod', 9);
    expect(await line.promotion(forced.promotion?.id ?? '')).toMatchObject({
      force: { why: 'customers wait', past: [`${release} is not verified in gamma`] },
      phase: 'succeeded',
    });
  }, 60_000);

  it('waits where the repository refuses or is away, and nothing is half-done', async () => {
    line = await Line.start();
    const hook = join(line.shared, 'hooks', 'pre-receive');
    line.enter(1);
    writeFileSync(hook, '#!/bin/sh\necho "main is protected" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    await line.verified('beta', 1);
    await until(
      'gamma is blocked',
      async () => (await line.stage('gamma')).active?.phase === 'blocked',
    );
    expect((await line.stage('gamma')).active?.reason).toMatch('main is protected');
    expect(line.hosts.get('web-2')?.tags('gamma')).toEqual([]);
    renameSync(hook, `${hook}.off`);
    renameSync(line.shared, `${line.shared}.away`);
    await line.say('gamma', 'retry');
    await until(
      'gamma is blocked',
      async () => (await line.stage('gamma')).active?.phase === 'blocked',
    );
    renameSync(`${line.shared}.away`, line.shared);
    await line.say('gamma', 'retry');
    await wholeLine(1);
    expect(line.own()).toHaveLength(2);
  }, 60_000);
});
