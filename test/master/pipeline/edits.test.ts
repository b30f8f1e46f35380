import { describe, expect, it } from 'vitest';
import { pipelineLimits } from '../../../master/pipeline/limits.ts';
import { at, idOf, Line } from './line.ts';
import { after, definitionOf, stageOf } from './samples.ts';

const beta = stageOf('beta');
const gamma = stageOf('gamma', after('beta'));

/** Releases 1 to `count` verified in both stages. */
function lineOf(count: number): Line {
  const line = new Line(definitionOf([beta, gamma]));
  for (let version = 1; version <= count; version += 1) {
    line.push(version);
    line.well('beta', 'gamma');
  }
  return line;
}

describe('a versions file edited by a person', () => {
  it('is a promotion by that person, without a commit of the master', () => {
    const line = lineOf(2);
    line.edit('gamma', 1);
    expect(line.active('gamma')).toMatchObject({
      ...{ kind: 'promotion', cause: 'edit', actor: 'bob', phase: 'rolling-out', commit: 'edit-1' },
    });
    line.rollout('gamma');
    expect(line.runs('gamma')).toBe(idOf(1));
    expect(line.waits('gamma', 'commit-versions')).toBe(false);
  });

  it('has the same gates, unless force is said', () => {
    const line = lineOf(1);
    line.ask({ type: 'hold', ...at('beta'), why: 'x', until: null });
    line.edit('gamma', 7);
    expect(line.waiting('gamma')).toMatchObject({
      ...{ phase: 'blocked', reason: `${idOf(7)} is not verified in beta` },
    });
    expect(line.runs('gamma')).toBe(idOf(1));
    line.edit('gamma', 7, { force: 'hotfix', commit: 'again' });
    expect(line.active('gamma')).toMatchObject({ kind: 'forced', force: { why: 'hotfix' } });
  });

  it('makes a release that enters where it stands, and elsewhere when a person or CI says so', () => {
    const line = lineOf(1);
    line.edit('gamma', 7);
    expect(line.stage('beta').active).toBe(null);
    line.push(7);
    line.well('beta');
    expect(line.active('gamma')).toMatchObject({ release: idOf(7), cause: 'edit' });
  });

  it('is put back when it may not enter in the end', () => {
    const line = lineOf(1);
    line.ask({ type: 'hold', ...at('beta'), why: 'x', until: null });
    line.edit('gamma', 7).pass(pipelineLimits.unearnedMs);
    expect(line.stage('gamma').waiting).toBe(null);
    expect(line.due('gamma', 'commit-versions')).toMatchObject({
      ...{ id: 'restore-1', kind: 'restore', release: idOf(1), actor: 'master' },
    });
    line.commit('gamma');
    expect(line.stage('gamma')).toMatchObject({ owed: null, file: { release: idOf(1) } });
  });

  it('that is taken back ends what waits', () => {
    const line = lineOf(1);
    line.ask({ type: 'hold', ...at('gamma'), why: 'x', until: null });
    line.edit('gamma', 7);
    const { id } = line.waiting('gamma');
    line.edit('gamma', 1);
    expect(line.promotion(id)).toMatchObject({ phase: 'aborted', reason: 'taken back by bob' });
    expect(line.waits('gamma', 'commit-versions')).toBe(false);
  });

  it('is heard once', () => {
    const line = lineOf(2);
    line.edit('gamma', 1).rollout('gamma').push(3);
    line.well('beta', 'gamma');
    const { pipeline } = line;
    line.edit('gamma', 1);
    expect(line.pipeline.next).toEqual(pipeline.next);
    expect(line.pipeline.stages).toEqual(pipeline.stages);
  });

  it('is not tried where that release has failed, and is put back', () => {
    const line = lineOf(1);
    line.push(2);
    line.well('beta').commit('gamma').rollout('gamma', 'failed', 'unhealthy');
    line.commit('gamma').rollout('gamma').edit('gamma', 2);
    expect(line.stage('gamma')).toMatchObject({ active: null, waiting: null });
    const ended = Object.values(line.pipeline.promotions).find(({ cause }) => cause === 'edit');
    expect(ended).toMatchObject({
      phase: 'aborted',
      reason: `${idOf(2)} failed here (p4: unhealthy)`,
    });
    expect(line.due('gamma', 'commit-versions')).toMatchObject({ release: idOf(1) });
  });
});

describe("a person's git revert", () => {
  it('is a rollback', () => {
    const line = lineOf(2);
    line.edit('gamma', 1, { revert: true });
    expect(line.active('gamma')).toMatchObject({
      ...{ kind: 'rollback', cause: 'revert', actor: 'bob', phase: 'rolling-back' },
      back: { release: idOf(1), why: 'reverted in edit-1' },
    });
    line.rollout('gamma');
    expect(line.last('gamma').phase).toBe('rolled-back');
    expect(line.stage('gamma').quarantined).toMatchObject([{ release: idOf(2) }]);
  });

  it('of what is under way ends that first', () => {
    const line = lineOf(1);
    line.push(2);
    line.well('beta').commit('gamma').edit('gamma', 1, { revert: true });
    expect(line.active('gamma')).toMatchObject({ id: 'p4', aborting: { actor: 'bob' } });
    expect(line.waiting('gamma')).toMatchObject({ kind: 'rollback', release: idOf(1) });
  });

  it('to what is being gone back to adds nothing', () => {
    const line = lineOf(1);
    line.push(2);
    line.well('beta').commit('gamma').rollout('gamma', 'failed');
    line.edit('gamma', 1, { revert: true });
    expect(line.stage('gamma').waiting).toBe(null);
    // The master's own commit may have crossed the revert: it is asked for until it is answered.
    line.commit('gamma').rollout('gamma');
    expect(line.last('gamma').phase).toBe('rolled-back');
  });

  it('to what was never verified here is a promotion, with its gates', () => {
    const line = lineOf(1);
    line.ask({ type: 'hold', ...at('beta'), why: 'x', until: null });
    line.edit('gamma', 7, { revert: true });
    expect(line.waiting('gamma')).toMatchObject({ kind: 'promotion', phase: 'blocked' });
  });
});
