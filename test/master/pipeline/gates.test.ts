import { describe, expect, it } from 'vitest';
import { explain } from '../../../master/pipeline/explain.ts';
import { pipelineLimits } from '../../../master/pipeline/limits.ts';
import { ann, at, idOf, Line } from './line.ts';
import { after, day, definitionOf, draft, environment, hour, minute, stageOf } from './samples.ts';

const beta = stageOf('beta');
const gamma = stageOf('gamma', after('beta'));
const prod = stageOf('prod', { ...after('gamma'), soakMs: 30 * minute });
const chain = [beta, gamma, prod];

describe('a release enters a stage', () => {
  it('only when it is verified in the one before', () => {
    const line = new Line(definitionOf(chain));
    line.push(1);
    expect(line.say('gamma')).toBe(`${idOf(1)} is not verified in beta`);
    // When it gives up waiting is not when that will be over.
    expect(explain(line.pipeline, 'gamma', line.now).until).toBe(null);
    expect(line.stage('gamma').active).toBe(null);
    line.well('beta');
    expect(line.active('gamma').release).toBe(idOf(1));
  });

  it('only when it is verified in every one before', () => {
    const eu = stageOf('eu', after('beta'));
    const both = stageOf('prod', after('gamma', 'eu'));
    const line = new Line(definitionOf([beta, gamma, eu, both]));
    line.push(1);
    line.well('beta', 'gamma');
    expect(line.stage('prod').active).toBe(null);
    expect(line.say('prod')).toBe(`${idOf(1)} is not verified in eu`);
    line.well('eu');
    expect(line.active('prod').release).toBe(idOf(1));
  });

  it('only when it has soaked there since, and says until when it has not', () => {
    const line = new Line(definitionOf(chain));
    line.push(1);
    line.well('beta', 'gamma');
    const until = line.now + 30 * minute;
    expect(line.say('prod')).toBe(`${idOf(1)} soaks in gamma`);
    expect(explain(line.pipeline, 'prod', line.now).until).toBe(until);
    line.pass(30 * minute - 1);
    expect(line.stage('prod').active).toBe(null);
    line.pass(1);
    expect(line.now).toBe(until);
    expect(line.active('prod').release).toBe(idOf(1));
  });

  it('not by time in which another release stood there', () => {
    const line = new Line(definitionOf(chain));
    line.push(1);
    line.well('beta', 'gamma').pass(20 * minute);
    line.push(2);
    line.well('beta', 'gamma').pass(10 * minute);
    expect(line.stage('prod').active).toBe(null);
    expect(line.say('prod')).toBe(`${idOf(2)} soaks in gamma`);
    line.pass(20 * minute);
    expect(line.active('prod').release).toBe(idOf(2));
  });

  it('by its longest stay there, once that was long enough', () => {
    const line = new Line(definitionOf([beta, gamma, { ...prod, approval: 'manual' }]));
    line.push(1);
    line
      .well('beta', 'gamma')
      .pass(30 * minute)
      .push(2);
    line.well('beta', 'gamma');
    line.ask({ type: 'approve', ...at('prod'), release: idOf(1) });
    expect(line.active('prod').release).toBe(idOf(1));
  });

  it('anew after a way back: its stay there begins again', () => {
    const line = new Line(definitionOf(chain));
    line.push(1);
    line
      .well('beta', 'gamma')
      .pass(20 * minute)
      .push(2);
    line.well('beta').commit('gamma').rollout('gamma', 'failed').commit('gamma').rollout('gamma');
    expect(line.runs('gamma')).toBe(idOf(1));
    line.pass(29 * minute);
    expect(line.stage('prod').active).toBe(null);
    line.pass(minute);
    expect(line.active('prod').release).toBe(idOf(1));
  });

  it('only with the same digests: one id over other bytes is another release', () => {
    const line = new Line(definitionOf([beta, gamma]));
    line.push(1);
    line.ask({ type: 'hold', ...at('gamma'), why: 'wait', until: null });
    line.well('beta');
    const release = line.pipeline.releases[idOf(1)];
    if (release === undefined) throw new Error('no release');
    const other = { ...release, set: 'f'.repeat(64) };
    line.pipeline = { ...line.pipeline, releases: { [other.id]: other } };
    line.ask({ type: 'resume', ...at('gamma') });
    expect(line.stage('gamma')).toMatchObject({ active: null, waiting: null });
    expect(line.say('gamma')).toBe(`${idOf(1)} is not verified in beta`);
  });

  it('not because it was found running upstream', () => {
    const line = new Line(definitionOf([beta, gamma]));
    const about = { environment: environment('beta'), release: draft(1, 1), commit: 'c0' };
    line.send({ type: 'adopted', ...about });
    expect(line.runs('beta')).toBe(idOf(1));
    expect(line.stage('beta').active).toBe(null);
    expect(line.stage('gamma').active).toBe(null);
    line.push(2);
    line.commit('beta').rollout('beta', 'failed').commit('beta').rollout('beta');
    expect(line.runs('beta')).toBe(idOf(1));
  });

  it('by itself only if it is newer than all that entered', () => {
    const line = new Line(definitionOf(chain));
    line.push(1);
    line.push(2);
    line.well('beta', 'beta').commit('gamma').rollout('gamma', 'failed');
    expect(line.last('gamma')).toMatchObject({ release: idOf(1), phase: 'failed' });
    expect(line.active('gamma').release).toBe(idOf(2));
    line.commit('gamma').rollout('gamma', 'failed');
    expect(line.stage('gamma').active).toBe(null);
    expect(line.say('gamma')).toMatch(
      /^[0-9a-f]{8} failed here \(p4: .*\), and there is none newer$/,
    );
  });
});

describe('a gate', () => {
  it('of approval waits for a person, and keeps the place for what is approved', () => {
    const line = new Line(definitionOf([beta, { ...gamma, approval: 'manual' }]));
    line.push(1);
    line.well('beta');
    expect(line.waiting('gamma')).toMatchObject({ phase: 'blocked', id: 'p2' });
    expect(line.say('gamma')).toBe(`${idOf(1)} needs an approval`);
    line.ask({ type: 'approve', ...at('gamma'), release: null });
    expect(line.active('gamma').id).toBe('p2');
    line.push(2);
    line.well('beta');
    line.ask({ type: 'approve', ...at('gamma'), release: idOf(2) });
    line.push(3);
    line.well('beta');
    expect(line.waiting('gamma').release).toBe(idOf(2));
    line.well('gamma');
    expect(line.active('gamma').release).toBe(idOf(2));
    expect(line.waiting('gamma')).toMatchObject({ release: idOf(3), phase: 'pending' });
  });

  it('of time windows opens by itself, and says when', () => {
    const nine = [{ days: [1, 2, 3, 4, 5], from: 9 * 60, to: 17 * 60 }];
    const windows = { zone: 'UTC', allow: nine, deny: [] };
    const line = new Line(definitionOf([beta, { ...gamma, windows }]));
    line.push(1);
    line.well('beta');
    expect(line.waiting('gamma')).toMatchObject({
      ...{ phase: 'blocked', reason: 'outside of the time windows', until: line.now + hour },
    });
    line.pass(hour);
    expect(line.active('gamma').release).toBe(idOf(1));
  });

  it('of a hold stops one environment, until its end or a person', () => {
    const line = new Line(definitionOf([beta, gamma]));
    line.ask({ type: 'hold', ...at('gamma'), why: 'migration', until: line.now + hour });
    line.push(1);
    line.well('beta');
    expect(line.say('gamma')).toBe('held by ann@laptop: migration');
    expect(line.waiting('gamma').until).toBe(line.now + hour);
    line.pass(hour);
    expect(line.active('gamma').release).toBe(idOf(1));
    expect(line.stage('gamma').hold).toBe(null);
  });

  it('of a freeze stops everything or what it names, and what is under way goes on', () => {
    const line = new Line(definitionOf([beta, gamma]));
    line.push(1);
    line.ask({ type: 'freeze', ...ann, environments: [], message: 'black friday', until: null });
    line.push(2);
    line.well('beta');
    expect(line.say('beta')).toBe('frozen by ann@laptop: black friday');
    expect(line.say('gamma')).toBe('frozen by ann@laptop: black friday');
    line.ask({ type: 'unfreeze', ...ann, freeze: 'f1' });
    expect(line.active('beta').release).toBe(idOf(2));
    const some = { environments: [environment('gamma')], message: 'x', until: null } as const;
    line.ask({ type: 'freeze', ...ann, ...some });
    line.well('beta', 'gamma').push(3);
    line.well('beta');
    expect(line.runs('beta')).toBe(idOf(3));
    expect(line.stage('gamma').active).toBe(null);
  });

  it('of quarantine is not passed by itself, nor by a person without a word', () => {
    const line = new Line(definitionOf([beta]));
    line.push(1);
    line.well('beta').push(2);
    line.commit('beta').rollout('beta', 'failed', 'unhealthy').commit('beta').rollout('beta');
    line.push(2);
    line.pass(day);
    expect(line.stage('beta')).toMatchObject({ active: null, waiting: null });
    const words = line.ask({ type: 'promote', ...at('beta'), release: idOf(2), force: null });
    expect(words).toBe(`${idOf(2)} failed here (p2: unhealthy)`);
    expect(line.ask({ type: 'retry', ...at('beta') })).toBe(undefined);
    expect(line.active('beta')).toMatchObject({ release: idOf(2), cause: 'retry' });
    line.well('beta');
    expect(line.stage('beta').quarantined).toEqual([]);
  });
});

describe('what waits', () => {
  it('ends when its release is rolled back upstream', () => {
    const line = new Line(definitionOf([beta, { ...gamma, approval: 'manual' }]));
    line.push(1);
    line.well('beta').push(2);
    line.well('beta');
    const { id } = line.waiting('gamma');
    line.ask({ type: 'rollback', ...at('beta'), release: null, why: 'slow' });
    expect(line.promotion(id)).toMatchObject({
      ...{
        phase: 'aborted',
        reason: `${idOf(2)} was rolled back in beta by ann@laptop: slow (p5)`,
      },
    });
    expect(line.waiting('gamma').release).toBe(idOf(1));
  });

  it('has a deadline whatever it waits for, and is tried anew after it', () => {
    const line = new Line(definitionOf([{ ...beta, approval: 'manual' }]));
    line.push(1);
    line.pass(pipelineLimits.blockedMs);
    expect(line.promotion('p1')).toMatchObject({
      ...{ phase: 'aborted', reason: `waited for too long: ${idOf(1)} needs an approval` },
    });
    expect(line.waiting('beta').id).toBe('p2');
  });
});

describe('a rollback', () => {
  it('of a stage does not touch what was promoted onwards', () => {
    const line = new Line(definitionOf([beta, gamma]));
    line.push(1);
    line.well('beta', 'gamma').push(2);
    line.well('beta').commit('gamma');
    line.ask({ type: 'rollback', ...at('beta'), release: null, why: 'slow' });
    line.commit('beta').rollout('beta').rollout('gamma');
    expect(line.runs('beta')).toBe(idOf(1));
    expect(line.runs('gamma')).toBe(idOf(2));
    expect(line.last('gamma').phase).toBe('succeeded');
  });
});
