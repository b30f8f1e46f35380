import { describe, expect, it } from 'vitest';
import { pipelineLimits } from '../../../master/pipeline/limits.ts';
import { ann, at, idOf, Line } from './line.ts';
import { after, definitionOf, environment, image, minute, stageOf, tests } from './samples.ts';
import { originOf } from '../../../master/pipeline/releases.ts';
import { parseReleaseId } from '../../../states/ids.ts';

const beta = stageOf('beta', tests('smoke'));
const gamma = stageOf('gamma', after('beta'));
const rollback = { type: 'rollback', ...at('beta'), release: null, why: 'slow' } as const;
const retry = { type: 'retry', ...at('beta') } as const;
const abort = { type: 'abort', ...at('beta'), promotion: null, why: 'wrong' } as const;

/** Releases 1 to `count` verified in beta, one after the other. */
function lineOf(count: number): Line {
  const line = new Line(definitionOf([beta, gamma]));
  for (let version = 1; version <= count; version += 1) {
    line.push(version);
    line.well('beta');
  }
  return line;
}

describe('a rollback by a person', () => {
  it('goes to the last release verified here, and keeps the other from coming back', () => {
    const line = lineOf(3);
    expect(line.ask(rollback)).toBe(undefined);
    expect(line.active('beta')).toMatchObject({
      ...{ kind: 'rollback', release: idOf(2), from: idOf(3), phase: 'rolling-back' },
    });
    expect(line.due('beta', 'commit-versions')).toMatchObject({
      ...{ id: 'p7-back', kind: 'rollback', actor: 'ann@laptop', why: 'slow' },
    });
    line.commit('beta').rollout('beta');
    expect(line.last('beta').phase).toBe('rolled-back');
    expect(line.stage('beta').quarantined).toMatchObject([
      { release: idOf(3), reason: 'rolled back by ann@laptop: slow' },
    ]);
    line.pass(minute);
    expect(line.stage('beta')).toMatchObject({ active: null, waiting: null });
  });

  it('goes to the one named, if that was verified here', () => {
    const line = lineOf(3);
    expect(line.ask({ ...rollback, release: idOf(9) })).toBe(
      `${idOf(9)} was not verified in beta; it can be promoted by force`,
    );
    line.ask({ ...rollback, release: idOf(1) });
    line.commit('beta').rollout('beta').push(4);
    line.commit('beta').rollout('beta').test('beta', 'failed');
    // What a person went back to is what is gone back to next.
    expect(line.active('beta').back?.release).toBe(idOf(1));
  });

  it('ends what is under way, and waits for that', () => {
    const line = lineOf(1);
    line.push(2);
    line.commit('beta');
    line.ask(rollback);
    expect(line.active('beta')).toMatchObject({ id: 'p3', aborting: { actor: 'ann@laptop' } });
    expect(line.waiting('beta')).toMatchObject({ kind: 'rollback', release: idOf(1) });
    const { key } = line.due('beta', 'cancel-rollout');
    const about = { environment: environment('beta'), key, reason: null } as const;
    line.send({ type: 'rollout-ended', ...about, outcome: 'aborted' });
    expect(line.promotion('p3').phase).toBe('aborted');
    line.commit('beta').rollout('beta');
    expect(line.runs('beta')).toBe(idOf(1));
  });

  it('does not wait for ever for a rollout that does not stop', () => {
    const line = lineOf(1);
    line.push(2);
    line.commit('beta');
    line.ask(rollback);
    line.pass(pipelineLimits.abortMs);
    expect(line.active('beta')).toMatchObject({ kind: 'rollback', phase: 'rolling-back' });
  });

  it('needs no gate', () => {
    const line = lineOf(2);
    line.ask({ type: 'hold', ...at('beta'), why: 'x', until: null });
    line.ask({ type: 'freeze', ...ann, environments: [], message: 'y', until: null });
    line.ask(rollback);
    expect(line.active('beta').phase).toBe('rolling-back');
  });

  it('is refused where there is nothing to go back to, and while one is under way', () => {
    expect(lineOf(1).ask(rollback)).toBe('no other release was verified in beta');
    const line = lineOf(2);
    expect(line.ask({ ...rollback, release: idOf(2) })).toBe(`beta runs ${idOf(2)} already`);
    line.ask(rollback);
    expect(line.ask(rollback)).toBe(`p5 goes back to ${idOf(1)} already`);
  });

  it('is never rolled back, and stops the stage when it fails', () => {
    const line = lineOf(2);
    line.ask(rollback);
    line.commit('beta').rollout('beta', 'failed', 'unhealthy');
    expect(line.last('beta').phase).toBe('rollback-failed');
    expect(line.stage('beta').stopped).not.toBe(null);
    expect(line.ask(retry)).toBe(undefined);
    expect(line.active('beta')).toMatchObject({ kind: 'rollback', release: idOf(1) });
    line.rollout('beta');
    expect(line.last('beta').phase).toBe('rolled-back');
  });
});

describe('an abort', () => {
  it('of what has touched nothing is done at once, and is not begun again', () => {
    const line = lineOf(1);
    line.push(2);
    line.ask(abort);
    expect(line.last('beta')).toMatchObject({
      ...{ phase: 'aborted', reason: 'aborted by ann@laptop: wrong' },
    });
    line.pass(minute);
    expect(line.stage('beta').active).toBe(null);
  });

  it('of what waits takes it away, and it does not come back by itself', () => {
    const line = lineOf(1);
    line.ask({ type: 'hold', ...at('beta'), why: 'x', until: null });
    line.push(2);
    line.ask(abort);
    expect(line.stage('beta').waiting).toBe(null);
    line.ask({ type: 'resume', ...at('beta') });
    expect(line.stage('beta')).toMatchObject({ active: null, waiting: null });
  });

  it('of a rollout leaves it to be ended, whatever its end is', () => {
    const line = lineOf(1);
    line.push(2);
    const { key } = line.commit('beta').due('beta', 'start-rollout');
    line.ask(abort);
    const about = { environment: environment('beta'), key, reason: null } as const;
    line.send({ type: 'rollout-ended', ...about, outcome: 'succeeded' });
    expect(line.last('beta').phase).toBe('aborted');
    expect(line.stage('beta').current).toMatchObject({ release: idOf(2), verified: false });
    expect(line.stage('gamma').waiting).toBe(null);
  });

  it('of tests tells them to stop', () => {
    const line = lineOf(1);
    line.push(2);
    line.commit('beta').rollout('beta').ask(abort);
    expect(line.effects).toContainEqual(
      expect.objectContaining({ do: 'cancel-test', test: 'smoke', key: 'p3.3' }),
    );
  });

  it('of a way back is a rollback that failed', () => {
    const line = lineOf(2);
    line.ask(rollback);
    line.commit('beta').ask(abort);
    const { key } = line.due('beta', 'cancel-rollout');
    const about = { environment: environment('beta'), key, reason: null } as const;
    line.send({ type: 'rollout-ended', ...about, outcome: 'aborted' });
    expect(line.last('beta').phase).toBe('rollback-failed');
  });

  it('is refused where there is nothing', () => {
    expect(lineOf(1).ask(abort)).toBe('nothing in beta is under way or waits');
    const line = lineOf(1);
    line.push(2);
    expect(line.ask({ ...abort, promotion: line.promotion('p1').id })).toContain('nothing in beta');
  });
});

describe('a retry', () => {
  it('of what errored does not wait for its time', () => {
    const line = lineOf(0);
    line.push(1);
    line.commit('beta', 'remote hung up');
    expect(line.active('beta')).toMatchObject({ phase: 'blocked', reason: 'remote hung up' });
    expect(line.ask(retry)).toBe(undefined);
    expect(line.active('beta')).toMatchObject({ phase: 'committing', tries: 0 });
    expect(line.ask(retry)).toBe('p1 is under way: committing');
  });

  it('of what failed is a promotion of its own, by that person', () => {
    const line = lineOf(1);
    line.push(2);
    line.commit('beta').rollout('beta').test('beta', 'failed').commit('beta').rollout('beta');
    line.ask(retry);
    expect(line.active('beta')).toMatchObject({
      ...{ id: 'p4', release: idOf(2), actor: 'ann@laptop', cause: 'retry', kind: 'promotion' },
    });
    expect(lineOf(1).ask(retry)).toBe('nothing in beta has failed or was aborted last');
  });
});

describe('a command', () => {
  it('about what is not there is refused', () => {
    const line = lineOf(1);
    const stranger = { ...ann, environment: environment('constructor') } as const;
    expect(line.ask({ type: 'hold', ...stranger, why: '', until: null })).toBe(
      'the pipeline has no stage constructor',
    );
    const unknown = parseReleaseId('00000000') ?? idOf(1);
    expect(line.ask({ type: 'promote', ...at('beta'), release: unknown, force: null })).toBe(
      'there is no release 00000000',
    );
    expect(line.ask({ type: 'unfreeze', ...ann, freeze: 'f9' })).toBe('there is no freeze f9');
    expect(line.ask({ type: 'approve', ...at('beta'), release: idOf(1) })).toBe(
      'beta asks for no approvals',
    );
    expect(line.ask({ type: 'resume', ...at('beta') })).toBe('beta is neither held nor stopped');
    const images = [image('nothing', 1)];
    expect(line.ask({ type: 'images', images, alone: false, origin: originOf('ci', 'ci') })).toBe(
      'brine.yaml has no image nothing',
    );
  });

  it('for what is so already is refused', () => {
    const line = lineOf(1);
    const promote = { type: 'promote', ...at('beta'), force: null } as const;
    expect(line.ask({ ...promote, release: idOf(1) })).toBe(`beta runs ${idOf(1)} already`);
    line.push(2);
    expect(line.ask({ ...promote, release: idOf(2) })).toBe(
      `p3 brings ${idOf(2)} into beta already`,
    );
    line.push(3);
    expect(line.ask({ ...promote, release: idOf(3) })).toBe(undefined);
    expect(line.waiting('beta')).toMatchObject({ cause: 'promote', release: idOf(3) });
    expect(line.ask({ ...promote, release: idOf(3) })).toBe(
      `p5 waits with ${idOf(3)} already: p3 is under way`,
    );
  });

  it('to resume a frozen stage says who froze it', () => {
    const line = lineOf(1);
    line.ask({ type: 'freeze', ...ann, environments: [], message: 'holidays', until: null });
    expect(line.ask({ type: 'resume', ...at('beta') })).toBe(
      'beta is frozen by ann@laptop (f1): holidays',
    );
  });
});
