import { describe, expect, it } from 'vitest';
import { pipelineLimits } from '../../../master/pipeline/limits.ts';
import { at, idOf, Line } from './line.ts';
import { after, definitionOf, minute, stageOf, tests } from './samples.ts';

const beta = stageOf('beta', tests('smoke', 'integration'));
const gamma = stageOf('gamma', { ...after('beta'), ...tests('smoke') });
const lineOf = (...stages: (typeof beta)[]): Line =>
  new Line(definitionOf(stages.length === 0 ? [beta, gamma] : stages));

describe('a promotion that errors', () => {
  const errs = (line: Line): void => {
    line.rollout('beta', 'errored', 'registry down');
  };

  it('is tried again, later each time, and is no failure', () => {
    const line = lineOf();
    line.push(1);
    line.commit('beta');
    for (const wait of [15_000, 30_000, 60_000]) {
      errs(line);
      expect(line.active('beta')).toMatchObject({ phase: 'errored', until: line.now + wait });
      expect(line.pass(wait - 1).waits('beta', 'start-rollout')).toBe(false);
      line.pass(1);
    }
    line.rollout('beta').test('beta').test('beta');
    expect(line.last('beta').phase).toBe('succeeded');
    expect(line.stage('beta').quarantined).toEqual([]);
  });

  it('pauses for a person in the end, and gives up after a day', () => {
    const line = lineOf();
    line.push(1);
    line.commit('beta');
    for (let tried = 0; tried < pipelineLimits.triesMax; tried += 1) {
      errs(line);
      line.pass(10 * minute);
    }
    errs(line);
    expect(line.active('beta')).toMatchObject({
      phase: 'paused',
      reason: 'tried 13 times: registry down',
    });
    line.pass(pipelineLimits.pausedMs);
    expect(line.last('beta')).toMatchObject({ phase: 'aborted', back: null });
    expect(line.stage('beta').active).toBe(null);
  });

  it('runs again only the tests that have not passed', () => {
    const line = lineOf();
    line.push(1);
    line.commit('beta').rollout('beta').test('beta').test('beta', 'errored', 'no such host');
    expect(line.active('beta')).toMatchObject({
      phase: 'errored',
      reason: 'integration could not be made: no such host',
    });
    line.pass(15_000);
    expect(line.effects.filter((effect) => effect.do === 'run-test')).toMatchObject([
      { test: 'integration', key: 'p1.4' },
    ]);
  });

  it('is paused at once where a test is inconclusive, which is no pass either', () => {
    const line = lineOf();
    line.push(1);
    line.commit('beta').rollout('beta').test('beta').test('beta', 'inconclusive', 'half');
    expect(line.active('beta').phase).toBe('paused');
    line.ask({ type: 'retry', ...at('beta') });
    line.test('beta');
    expect(line.last('beta').phase).toBe('succeeded');
  });

  it('errors where an answer does not come in time', () => {
    const line = lineOf();
    line.push(1);
    line
      .commit('beta')
      .rollout('beta')
      .test('beta')
      .pass(3 * minute);
    expect(line.active('beta')).toMatchObject({
      phase: 'errored',
      reason: 'no answer in time from integration',
    });
    const silent = lineOf();
    silent.push(1);
    silent.commit('beta').pass(pipelineLimits.rolloutStartMs);
    expect(silent.active('beta').reason).toBe('the rollout gave no answer in time');
    expect(silent.effects.filter((effect) => effect.do === 'cancel-rollout')).toHaveLength(1);
  });

  it('of a way back is tried again as well, and is then a rollback that failed', () => {
    const line = lineOf();
    line.push(1);
    line.well('beta').push(2);
    line.commit('beta').rollout('beta', 'failed').commit('beta');
    line.rollout('beta', 'errored', 'host lost');
    expect(line.active('beta')).toMatchObject({ phase: 'errored', back: { release: idOf(1) } });
    for (let tried = 0; tried < pipelineLimits.triesMax; tried += 1) {
      line.pass(10 * minute).rollout('beta', 'errored', 'host lost');
    }
    expect(line.active('beta').phase).toBe('paused');
    line.pass(pipelineLimits.pausedMs);
    expect(line.last('beta').phase).toBe('rollback-failed');
  });

  it('gives its place to a newer release once it is paused', () => {
    const line = lineOf();
    line.push(1);
    line.commit('beta').rollout('beta').test('beta').test('beta', 'inconclusive');
    line.push(2);
    expect(line.promotion('p1')).toMatchObject({
      phase: 'superseded',
      reason: `p2 took its place with ${idOf(2)}`,
    });
    expect(line.active('beta').id).toBe('p2');
  });
});

describe('answers', () => {
  it('to an attempt that is over are not heard', () => {
    const line = lineOf();
    line.push(1);
    const { key } = line.commit('beta').due('beta', 'start-rollout');
    line.rollout('beta', 'errored', 'registry down').pass(15_000);
    const about = { environment: beta.environment, key, reason: null } as const;
    line.send({ type: 'rollout-ended', ...about, outcome: 'succeeded' });
    expect(line.active('beta').phase).toBe('rolling-out');
    line.rollout('beta');
    expect(line.active('beta').phase).toBe('verifying');
  });

  it('that a rollout has begun give it a day, whatever became of the first answer', () => {
    const line = lineOf();
    line.push(1);
    const { key } = line.commit('beta').due('beta', 'start-rollout');
    line.send({ type: 'rollout-started', environment: beta.environment, key, rollout: 'r7' });
    line.send({ type: 'rollout-started', environment: beta.environment, key, rollout: 'r8' });
    expect(line.active('beta')).toMatchObject({
      rollout: 'r7',
      until: line.now + pipelineLimits.rolloutMs,
    });
  });
});
