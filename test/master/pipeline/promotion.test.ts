import { describe, expect, it } from 'vitest';
import { at, idOf, Line } from './line.ts';
import { after, definitionOf, stageOf, tests } from './samples.ts';

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

  it('goes back by the master’s own decision, whoever brought it in', () => {
    const line = twoIn();
    expect(line.due('beta', 'commit-versions')).toMatchObject({ cause: 'release' });
    line.commit('beta').rollout('beta').test('beta', 'failed');
    const back = { actor: 'master', cause: 'failed', release: idOf(1), kind: 'rollback' };
    expect(line.due('beta', 'commit-versions')).toMatchObject(back);
  });

  it('is kept from later stages', () => {
    const line = twoIn();
    line.commit('beta').rollout('beta').test('beta', 'failed').commit('beta').rollout('beta');
    expect(line.stage('gamma').active).toBe(null);
    expect(line.say('gamma')).toBe(`${idOf(2)} failed in beta (p3: smoke failed)`);
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
