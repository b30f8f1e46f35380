import { describe, expect, it } from 'vitest';
import { isFinal } from '../../../master/pipeline/record.ts';
import { at, idOf, Line } from './line.ts';
import { after, definitionOf, environment, stageOf, tests } from './samples.ts';

const beta = stageOf('beta');
const gamma = stageOf('gamma', after('beta'));

describe('an environment', () => {
  it('takes one at a time; of those that wait the newest stays, the others are superseded', () => {
    const line = new Line(definitionOf([beta, gamma]));
    for (let version = 1; version <= 10; version += 1) line.push(version);
    expect(line.active('beta').release).toBe(idOf(1));
    expect(line.waiting('beta')).toMatchObject({ release: idOf(10), phase: 'pending' });
    expect(line.say('beta')).toContain(`p1 writes ${idOf(1)}`);
    line.well('beta', 'beta', 'gamma', 'gamma');
    expect(line.runs('beta')).toBe(idOf(10));
    expect(line.runs('gamma')).toBe(idOf(10));
  });

  it('remembers every one that gave way', () => {
    const line = new Line(definitionOf([beta]));
    const seen = new Map<string, string>();
    for (let version = 1; version <= 10; version += 1) {
      line.push(version);
      for (const { id, phase } of Object.values(line.pipeline.promotions)) seen.set(id, phase);
    }
    const phases = [...seen.values()];
    expect(phases).toHaveLength(10);
    expect(phases.filter((phase) => phase === 'superseded')).toHaveLength(8);
  });

  it('ends on the newest that passed', () => {
    const line = new Line(definitionOf([stageOf('beta', tests('smoke')), gamma]));
    for (let version = 1; version <= 3; version += 1) line.push(version);
    line.well('beta').commit('beta').rollout('beta').test('beta', 'failed').commit('beta');
    line.rollout('beta').well('gamma');
    expect(line.runs('gamma')).toBe(idOf(1));
    line.push(4);
    line.well('beta', 'gamma');
    expect(line.runs('gamma')).toBe(idOf(4));
  });

  it('begins what waits as soon as it is free', () => {
    const line = new Line(definitionOf([beta]));
    line.push(1);
    line.push(2);
    line.commit('beta').rollout('beta');
    expect(line.active('beta')).toMatchObject({ id: 'p2', phase: 'committing', from: idOf(1) });
  });
});

describe('what a person asks for', () => {
  it('keeps the place against what the master would do', () => {
    const line = new Line(definitionOf([beta]));
    line.push(1);
    line.well('beta').push(2);
    line.well('beta').push(3);
    line.ask({ type: 'promote', ...at('beta'), release: idOf(1), force: null });
    line.push(4);
    expect(line.waiting('beta')).toMatchObject({ release: idOf(1), cause: 'promote' });
    line.well('beta');
    expect(line.active('beta').release).toBe(idOf(1));
    expect(line.waiting('beta').release).toBe(idOf(4));
  });

  it('gives way to a newer release while it is still to be earned', () => {
    const line = new Line(definitionOf([stageOf('beta', tests('smoke')), gamma]));
    line.push(1);
    line.ask({ type: 'promote', ...at('gamma'), release: idOf(1), force: null });
    expect(line.say('gamma')).toBe(`${idOf(1)} is not verified in beta`);
    line.commit('beta').rollout('beta').test('beta', 'inconclusive').push(2);
    line.well('beta');
    expect(line.active('gamma').release).toBe(idOf(2));
    expect(line.promotion('p2').phase).toBe('superseded');
  });

  it('ends when its release fails upstream', () => {
    const line = new Line(definitionOf([stageOf('beta', tests('smoke')), gamma]));
    line.push(1);
    line.ask({ type: 'promote', ...at('gamma'), release: idOf(1), force: null });
    line.commit('beta').rollout('beta').test('beta', 'failed');
    expect(line.promotion('p2')).toMatchObject({
      ...{ phase: 'aborted', reason: `${idOf(1)} failed in beta` },
    });
  });
});

describe('force', () => {
  const gated = { ...gamma, approval: 'manual' as const };

  it('passes every gate, and records which and why', () => {
    const line = new Line(definitionOf([beta, { ...gated, ...tests('smoke') }]));
    line.ask({ type: 'hold', ...at('gamma'), why: 'incident', until: null });
    line.push(1);
    const force = { why: 'the site is down' };
    expect(line.ask({ type: 'promote', ...at('gamma'), release: idOf(1), force })).toBe(undefined);
    expect(line.active('gamma')).toMatchObject({
      ...{ kind: 'forced', actor: 'ann@laptop' },
      force: {
        why: 'the site is down',
        past: [
          `${idOf(1)} is not verified in beta`,
          'held by ann@laptop: incident',
          `${idOf(1)} needs an approval`,
        ],
      },
    });
    expect(line.due('gamma', 'commit-versions')).toMatchObject({
      ...{ kind: 'forced', why: 'the site is down' },
    });
  });

  it('needs a reason, and waits its turn', () => {
    const line = new Line(definitionOf([beta]));
    line.push(1);
    line.push(2);
    const nameless = {
      type: 'promote',
      ...at('beta'),
      release: idOf(2),
      force: { why: ' ' },
    } as const;
    expect(line.ask(nameless)).toBe('a forced promotion needs a reason');
    line.ask({ ...nameless, force: { why: 'now' } });
    expect(line.active('beta').id).toBe('p1');
    expect(line.waiting('beta')).toMatchObject({ kind: 'forced', release: idOf(2) });
  });

  it('does not count for later stages, unless tests passed here', () => {
    const prod = stageOf('prod', after('gamma'));
    const force = { why: 'hotfix' };
    const untested = new Line(definitionOf([beta, gamma, prod]));
    untested.push(1);
    untested.ask({ type: 'promote', ...at('gamma'), release: idOf(1), force });
    untested.well('gamma');
    expect(untested.last('gamma').phase).toBe('succeeded');
    expect(untested.stage('gamma')).toMatchObject({ verified: [], current: { verified: false } });
    expect(untested.stage('prod').active).toBe(null);

    const tested = new Line(definitionOf([beta, { ...gamma, ...tests('smoke') }, prod]));
    tested.push(1);
    tested.ask({ type: 'promote', ...at('gamma'), release: idOf(1), force });
    tested.well('gamma');
    expect(tested.active('prod').release).toBe(idOf(1));
  });

  it('that fails goes back like any other', () => {
    const line = new Line(definitionOf([beta]));
    line.push(1);
    line.well('beta').push(2);
    line.ask({ type: 'hold', ...at('beta'), why: 'x', until: null });
    line.commit('beta').rollout('beta', 'failed').commit('beta').rollout('beta');
    const force = { why: 'sure' };
    line.ask({ type: 'promote', ...at('beta'), release: idOf(2), force });
    expect(line.active('beta').force?.past[0]).toBe(
      `${idOf(2)} failed here (p2: the rollout ended as failed)`,
    );
    line.commit('beta').rollout('beta', 'failed').commit('beta').rollout('beta');
    expect(line.runs('beta')).toBe(idOf(1));
  });
});

describe('a pipeline that is changed while promotions run', () => {
  it('lets a new stage take part, and a removed one end', () => {
    const line = new Line(definitionOf([beta, gamma]));
    line.push(1);
    line.well('beta').commit('gamma');
    const { key } = line.due('gamma', 'start-rollout');
    const prod = stageOf('prod', after('beta'));
    line.send({ type: 'defined', definition: definitionOf([beta, prod]) });
    expect(line.active('prod').release).toBe(idOf(1));
    expect(line.active('gamma')).toMatchObject({ aborting: { actor: 'master' } });
    expect(line.due('gamma', 'cancel-rollout')).toMatchObject({ key });
    line.send({
      ...{ type: 'rollout-ended', environment: environment('gamma'), key },
      ...{ outcome: 'aborted', reason: null },
    });
    expect(line.last('gamma')).toMatchObject({
      phase: 'aborted',
      reason: 'aborted by master: the stage is no longer in the pipeline',
    });
  });

  it('asks for the stage put in between', () => {
    const manual = { ...gamma, approval: 'manual' as const };
    const line = new Line(definitionOf([beta, manual]));
    line.push(1);
    line.well('beta');
    const { id } = line.waiting('gamma');
    const alpha = stageOf('alpha');
    line.send({
      type: 'defined',
      definition: definitionOf([beta, alpha, { ...manual, ...after('alpha') }]),
    });
    expect(line.promotion(id)).toMatchObject({
      ...{ phase: 'aborted', reason: `${idOf(1)} is not verified in alpha` },
    });
    line.well('alpha');
    expect(line.waiting('gamma').release).toBe(idOf(1));
  });

  it('tests what is under way by the tests that it began with', () => {
    const line = new Line(definitionOf([stageOf('beta', tests('smoke'))]));
    line.push(1);
    line.commit('beta').rollout('beta');
    line.send({ type: 'defined', definition: definitionOf([stageOf('beta', tests('other'))]) });
    line.test('beta');
    expect(isFinal(line.last('beta').phase)).toBe(true);
    expect(line.last('beta').tests.map(({ test }) => test)).toEqual(['smoke']);
  });
});
