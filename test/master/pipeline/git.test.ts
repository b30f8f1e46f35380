import { describe, expect, it } from 'vitest';
import { at, idOf, Line } from './line.ts';
import { after, definitionOf, minute, stageOf } from './samples.ts';

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

describe('git', () => {
  it('that does not answer blocks a promotion, with the reason, and it is tried again', () => {
    const line = lineOf(0);
    line.push(1);
    line.commit('beta', 'the remote refused the push: protected branch');
    expect(line.active('beta')).toMatchObject({
      ...{ phase: 'blocked', reason: 'the remote refused the push: protected branch' },
      until: line.now + 15_000,
    });
    expect(line.stage('beta').current).toBe(null);
    line.pass(15_000);
    expect(line.due('beta', 'commit-versions')).toMatchObject({ id: 'p1', key: 'p1.2' });
    line.pass(2 * minute);
    expect(line.active('beta').reason).toBe('git gave no answer in time');
  });

  it('gets its answer heard whatever attempt it belongs to', () => {
    const line = lineOf(0);
    line.push(1);
    const { environment } = line.due('beta', 'commit-versions');
    line.pass(2 * minute);
    line.send({ type: 'committed', environment, id: 'p1', commit: 'late', stands: true });
    expect(line.active('beta')).toMatchObject({ phase: 'rolling-out', commit: 'late' });
  });

  it('counts the failure of an attempt once', () => {
    const line = lineOf(0);
    line.push(1);
    const { environment, id, key } = line.due('beta', 'commit-versions');
    line.commit('beta', 'no').pass(15_000);
    line.send({ type: 'commit-failed', environment, id, key, reason: 'no' });
    expect(line.active('beta')).toMatchObject({ phase: 'committing', tries: 1 });
  });

  it('does not hold up a way back: the hosts first, and the commit is owed', () => {
    const line = lineOf(1);
    line.push(2);
    line.commit('beta').rollout('beta', 'failed', 'unhealthy').commit('beta', 'no route to host');
    expect(line.due('beta', 'start-rollout')).toMatchObject({ rollback: true, release: idOf(1) });
    line.rollout('beta');
    expect(line.last('beta').phase).toBe('rolled-back');
    expect(line.say('beta')).toBe(`the versions file is to say ${idOf(1)}: no route to host`);
    line.pass(15_000);
    expect(line.due('beta', 'commit-versions')).toMatchObject({ id: 'p3-back', kind: 'rollback' });
    line.commit('beta', 'no route to host').pass(minute);
    line.commit('beta');
    expect(line.stage('beta')).toMatchObject({ owed: null, file: { release: idOf(1) } });
  });

  it('is asked again what the file says after a commit that nobody answered for', () => {
    const line = lineOf(1);
    line.push(2);
    line.ask({ type: 'abort', ...at('beta'), promotion: null, why: 'wrong' });
    expect(line.due('beta', 'commit-versions')).toMatchObject({
      ...{ kind: 'restore', release: idOf(1) },
    });
  });

  it('is asked again where an edit crossed a commit of the master', () => {
    const line = lineOf(1);
    line.ask({ type: 'freeze', actor: 'ann', environments: [], message: 'x', until: null });
    line.ask({ type: 'promote', ...at('beta'), release: idOf(1), force: { why: 'again' } });
    line.push(2);
    line.ask({ type: 'unfreeze', actor: 'ann', freeze: 'f1' });
    line.rollout('beta');
    const { environment } = line.due('beta', 'commit-versions');
    line
      .edit('beta', 9)
      .send({ type: 'committed', environment, id: 'p4', commit: 'c', stands: true });
    const { id } = line.waiting('beta');
    line.ask({ type: 'abort', ...at('beta'), promotion: id, why: '' });
    line.rollout('beta');
    expect(line.due('beta', 'commit-versions')).toMatchObject({
      ...{ kind: 'restore', release: idOf(2) },
    });
  });

  it('that has the commit under a later one of a person is asked for another', () => {
    const line = lineOf(1);
    line.push(2);
    line.commit('beta').rollout('beta', 'failed').commit('beta', 'no answer').rollout('beta');
    const { environment, id } = line.pass(15_000).due('beta', 'commit-versions');
    line.send({ type: 'committed', environment, id, commit: 'c', stands: false });
    expect(line.due('beta', 'commit-versions')).toMatchObject({
      id: 'restore-1',
      release: idOf(1),
    });
  });

  it('that says a later commit lies on top is asked again once the promotion is over', () => {
    const line = lineOf(0);
    line.push(1);
    const { environment, id } = line.due('beta', 'commit-versions');
    line.send({ type: 'committed', environment, id, commit: 'c', stands: false });
    expect(line.active('beta').phase).toBe('rolling-out');
    line.rollout('beta');
    expect(line.due('beta', 'commit-versions')).toMatchObject({
      kind: 'restore',
      release: idOf(1),
    });
  });

  it('is not believed while a commit for something else may be on its way', () => {
    const line = lineOf(1);
    line.push(7);
    line.well('beta').ask({ type: 'abort', ...at('gamma'), promotion: null, why: '' });
    line.commit('gamma').ask({ type: 'hold', ...at('gamma'), why: 'x', until: null });
    line.edit('gamma', 7).ask({ type: 'abort', ...at('gamma'), promotion: null, why: '' });
    expect(line.due('gamma', 'commit-versions')).toMatchObject({ kind: 'restore' });
    line.ask({ type: 'promote', ...at('gamma'), release: idOf(7), force: { why: 'now' } });
    expect(line.active('gamma').phase).toBe('committing');
  });
});
