import { describe, expect, it } from 'vitest';
import { pipelineLimits } from '../../../master/pipeline/limits.ts';
import { at, idOf, Line } from './line.ts';
import { after, definitionOf, minute, stageOf, tests } from './samples.ts';

const beta = stageOf('beta', tests('smoke', 'integration'));
const gamma = stageOf('gamma', { ...after('beta'), ...tests('smoke') });
const lineOf = (...stages: (typeof beta)[]): Line =>
  new Line(definitionOf(stages.length === 0 ? [beta, gamma] : stages));

describe('a promotion', () => {
  it('goes from the versions file to the hosts to the tests, and on to the next stage', () => {
    const line = lineOf();
    const first = line.push(1);
    expect(line.active('beta')).toMatchObject({ id: 'p1', release: first, phase: 'committing' });
    expect(line.due('beta', 'commit-versions')).toMatchObject({
      ...{ id: 'p1', release: first, kind: 'promotion', actor: 'master', cause: 'release' },
      images: [{ name: 'api' }, { name: 'game' }],
    });
    line.commit('beta');
    expect(line.active('beta')).toMatchObject({ phase: 'rolling-out', commit: 'c-p1' });
    expect(line.due('beta', 'start-rollout')).toMatchObject({ commit: 'c-p1', rollback: false });
    line.rollout('beta');
    expect(line.active('beta').phase).toBe('verifying');
    expect(line.effects.filter((effect) => effect.do === 'run-test')).toHaveLength(2);
    line.test('beta').test('beta');
    expect(line.last('beta')).toMatchObject({ phase: 'succeeded', endedAt: line.now });
    expect(line.stage('beta').current).toMatchObject({ release: first, verified: true });
    expect(line.active('gamma')).toMatchObject({ id: 'p2', release: first, cause: 'verified' });
    expect(line.told()).toEqual([
      `integration in beta: passed`,
      `p1: ${first} is verified in beta`,
      `p2: versions/gamma.yaml is to say ${first}`,
    ]);
    line.well('gamma');
    expect(line.runs('gamma')).toBe(first);
  });

  it('is verified by its health where a stage has no tests', () => {
    const line = lineOf(stageOf('beta'));
    line.push(1);
    line.well('beta');
    expect(line.last('beta').phase).toBe('succeeded');
    expect(line.stage('beta').verified).toHaveLength(1);
  });

  it('keeps the evidence of its tests', () => {
    const line = lineOf();
    line.push(1);
    line.commit('beta').rollout('beta').test('beta').test('beta', 'failed', '3 of 40 failed');
    const [, integration] = line.last('beta').tests;
    expect(integration).toMatchObject({
      verdict: 'failed',
      evidence: { detail: '3 of 40 failed' },
    });
  });

  it('moves no more once it is over', () => {
    const line = lineOf();
    line.push(1);
    const { key: rollout } = line.commit('beta').due('beta', 'start-rollout');
    const about = { environment: beta.environment, key: rollout, reason: null } as const;
    line.rollout('beta').test('beta').test('beta');
    const over = line.last('beta');
    line.send({ type: 'rollout-ended', ...about, outcome: 'failed' });
    line.ask({ type: 'abort', ...at('beta'), promotion: over.id, why: '' });
    expect(line.last('beta')).toBe(over);
  });
});

describe('a release that fails', () => {
  const twoIn = (): Line => {
    const line = lineOf();
    line.push(1);
    line.well('beta', 'gamma').push(2);
    return line;
  };

  it.each(['failed', 'rolled-back', 'rollback-failed'] as const)(
    'in its rollout (%s) goes back to the last one verified, git and hosts',
    (outcome) => {
      const line = twoIn();
      line.commit('beta').rollout('beta', outcome, 'api on web-1: exit code 3');
      expect(line.active('beta')).toMatchObject({
        ...{ phase: 'rolling-back', reason: 'api on web-1: exit code 3' },
        back: { release: idOf(1) },
      });
      expect(line.due('beta', 'commit-versions')).toMatchObject({
        ...{ id: 'p3-back', release: idOf(1), kind: 'rollback', why: 'api on web-1: exit code 3' },
      });
      line.commit('beta');
      expect(line.due('beta', 'start-rollout')).toMatchObject({ rollback: true, release: idOf(1) });
      line.rollout('beta');
      expect(line.last('beta')).toMatchObject({ phase: 'rolled-back', release: idOf(2) });
      expect(line.runs('beta')).toBe(idOf(1));
    },
  );

  it('in a test goes back at once, without waiting for the other tests', () => {
    const line = twoIn();
    line.commit('beta').rollout('beta').test('beta', 'failed', 'status 500');
    expect(line.active('beta')).toMatchObject({
      phase: 'rolling-back',
      reason: 'smoke failed: status 500',
    });
    expect(line.effects.filter((effect) => effect.do === 'cancel-test')).toMatchObject([
      { test: 'integration' },
    ]);
    expect(line.say('beta')).toBe(`p3 goes back to ${idOf(1)}: smoke failed: status 500`);
  });

  it('goes back without tests, soak or windows, and is not a success', () => {
    const shut = { zone: 'UTC', allow: [{ days: [6], from: 0, to: 60 }], deny: [] };
    const line = twoIn();
    line.commit('beta').rollout('beta');
    const stages = [{ ...beta, windows: shut, approval: 'manual' as const }, gamma];
    line.send({ type: 'defined', definition: definitionOf(stages) });
    line.ask({ type: 'hold', ...at('beta'), why: 'look', until: null });
    line.test('beta', 'failed').commit('beta').rollout('beta');
    expect(line.last('beta').phase).toBe('rolled-back');
    expect(line.waits('beta', 'run-test')).toBe(false);
  });

  it('is kept from later stages', () => {
    const line = twoIn();
    line.commit('beta').rollout('beta').test('beta', 'failed').commit('beta').rollout('beta');
    expect(line.stage('gamma').active).toBe(null);
    expect(line.say('gamma')).toBe(`${idOf(2)} is not verified in beta`);
  });

  it('is left as it is where the states say `pause`, and the stage stops', () => {
    const line = lineOf({ ...beta, onFailure: 'pause' });
    line.push(1);
    line.well('beta').push(2);
    line.commit('beta').rollout('beta', 'failed', 'unhealthy');
    expect(line.last('beta')).toMatchObject({ phase: 'failed', back: null });
    expect(line.runs('beta')).toBe(idOf(2));
    line.push(3);
    expect(line.say('beta')).toBe('beta is stopped: p2 failed and was left as it is');
  });

  it('ends as failed where nothing was ever verified', () => {
    const line = lineOf();
    line.push(1);
    line.commit('beta').rollout('beta', 'failed', 'unhealthy');
    expect(line.last('beta')).toMatchObject({
      phase: 'failed',
      reason: 'unhealthy; no other release was verified here to go back to',
    });
    line.push(2);
    expect(line.active('beta').release).toBe(idOf(2));
  });

  it('whose way back fails stops the stage, and is not gone back from', () => {
    const line = twoIn();
    line.commit('beta').rollout('beta').test('beta', 'failed').commit('beta');
    line.rollout('beta', 'failed', 'port taken');
    expect(line.last('beta')).toMatchObject({ phase: 'rollback-failed', reason: 'port taken' });
    expect(line.stage('beta').stopped?.reason).toBe('p3 could not go back: port taken');
    expect(line.waits('beta', 'start-rollout')).toBe(false);
  });

  it('for the second time in a row stops the stage until a person resumes', () => {
    const line = twoIn();
    const fail = () => line.commit('beta').rollout('beta').test('beta', 'failed').commit('beta');
    fail().rollout('beta');
    line.push(3);
    fail().rollout('beta');
    line.push(4);
    expect(line.waiting('beta')).toMatchObject({ phase: 'blocked', release: idOf(4) });
    expect(line.say('beta')).toBe('beta is stopped: 2 rollbacks in a row');
    line.ask({ type: 'resume', ...at('beta') });
    expect(line.active('beta').release).toBe(idOf(4));
  });

  it('counts rollbacks in a row only until one succeeds', () => {
    const line = twoIn();
    const fail = () => line.commit('beta').rollout('beta').test('beta', 'failed').commit('beta');
    fail().rollout('beta').push(3);
    line.well('beta').push(4);
    fail().rollout('beta');
    expect(line.stage('beta')).toMatchObject({ stopped: null, rollbacksInRow: 1 });
  });
});

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
