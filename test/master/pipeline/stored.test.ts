import { describe, expect, it } from 'vitest';
import { nextWake } from '../../../master/pipeline/clock.ts';
import { pipelineLimits } from '../../../master/pipeline/limits.ts';
import { emptyPipeline, type Pipeline } from '../../../master/pipeline/record.ts';
import { isDue, resume } from '../../../master/pipeline/reducer.ts';
import {
  pipelineFrom,
  pipelineKeys,
  promotionsNeeded,
  writesBetween,
} from '../../../master/pipeline/stored.ts';
import { at, idOf, Line } from './line.ts';
import { after, definitionOf, hour, minute, stageOf, tests } from './samples.ts';

const beta = stageOf('beta', tests('smoke'));
const gamma = stageOf('gamma', { ...after('beta'), soakMs: 30 * minute });

class Records {
  readonly entries = new Map<string, unknown>();
  put(before: Pipeline, now: Pipeline): string[] {
    return writesBetween(before, now).map((write) => {
      if (!('put' in write)) throw new Error('deleted');
      this.entries.set(write.put, JSON.parse(JSON.stringify(write.value)));
      return write.put;
    });
  }
  read(): Pipeline {
    const under = (prefix: string): unknown[] =>
      [...this.entries].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value);
    const stages = under(pipelineKeys.stages);
    const promotions = promotionsNeeded(stages).map((key) => this.entries.get(key));
    const head = this.entries.get(pipelineKeys.head);
    return pipelineFrom({ head, stages, promotions, releases: under(pipelineKeys.releases) });
  }
}

describe('the records', () => {
  it('are written as far as they changed, and read back as they were', () => {
    const line = new Line(definitionOf([beta, gamma]));
    const records = new Records();
    records.put(emptyPipeline, line.pipeline);
    let before = line.pipeline;
    const step = (): string[] => {
      const keys = records.put(before, line.pipeline);
      before = line.pipeline;
      return keys;
    };
    line.push(1);
    expect(step()).toEqual([
      ...['pipeline', 'stages/beta', 'promotions/000000000001', `releases/${idOf(1)}`],
    ]);
    line.commit('beta');
    expect(step()).toEqual(['stages/beta', 'promotions/000000000001']);
    line.rollout('beta').test('beta').push(2);
    step();
    line.pass(minute);
    expect(step()).toEqual([]);
    expect(records.read()).toEqual(line.pipeline);
  });

  it('that this version did not write are refused', () => {
    const line = new Line(definitionOf([beta]));
    line.push(1);
    const [stage] = Object.values(line.pipeline.stages);
    expect(() => promotionsNeeded([{ ...stage, strange: 1 }])).toThrow('strange');
  });

  it('give after a restart exactly what is not yet done', () => {
    const line = new Line(definitionOf([beta, gamma]));
    line.push(1);
    const [commit] = resume(line.pipeline);
    expect(commit).toMatchObject({ do: 'commit-versions', id: 'p1' });
    line.commit('beta').rollout('beta');
    expect(resume(line.pipeline)).toMatchObject([{ do: 'run-test', test: 'smoke' }]);
    expect(commit !== undefined && isDue(line.pipeline, commit)).toBe(false);
    line.test('beta');
    expect(resume(line.pipeline)).toEqual([]);
  });

  it('carry on only what can still matter', () => {
    const line = new Line(definitionOf([stageOf('beta')]));
    for (let version = 1; version <= 300; version += 1) {
      line.push(version);
      line.well('beta');
    }
    line.pass(minute);
    expect(Object.keys(line.pipeline.promotions)).toEqual(['p300']);
    expect(Object.keys(line.pipeline.releases).length).toBeLessThanOrEqual(250);
    expect(line.stage('beta').verified).toHaveLength(pipelineLimits.verifiedKept);
    line.push(301);
    line.commit('beta').rollout('beta', 'failed').commit('beta');
    expect(line.active('beta').back?.release).toBe(idOf(300));
  });
});

describe('the time', () => {
  it('is asked for again when something will change by it alone', () => {
    const line = new Line(definitionOf([beta, gamma]));
    expect(nextWake(line.pipeline, line.now)).toBe(null);
    line.push(1);
    line.commit('beta').rollout('beta', 'errored');
    expect(nextWake(line.pipeline, line.now)).toBe(line.now + 15_000);
    line.pass(15_000).rollout('beta').test('beta');
    expect(nextWake(line.pipeline, line.now)).toBe(line.now + 30 * minute);
    line.ask({ type: 'hold', ...at('gamma'), why: 'x', until: line.now + minute });
    expect(nextWake(line.pipeline, line.now)).toBe(line.now + minute);
  });

  it('that is set back makes no wait longer', () => {
    const line = new Line(definitionOf([beta, gamma]));
    line.pass(24 * hour).push(1);
    line
      .commit('beta')
      .rollout('beta', 'errored')
      .pass(-24 * hour);
    expect(line.active('beta').until).toBe(line.now + 15_000);
    expect(line.active('beta').expiresAt).toBe(line.now + pipelineLimits.blockedMs);
    line.pass(15_000).rollout('beta').test('beta').pass(-hour);
    expect(line.say('gamma')).toBe(`${idOf(1)} soaks in beta`);
    line.pass(30 * minute);
    expect(line.active('gamma').release).toBe(idOf(1));
  });

  it('that is set back shortens no soak', () => {
    const line = new Line(definitionOf([beta, gamma]));
    line.push(1);
    line
      .well('beta')
      .pass(20 * minute)
      .pass(-hour)
      .pass(29 * minute);
    expect(line.stage('gamma').active).toBe(null);
    line.pass(minute);
    expect(line.active('gamma').release).toBe(idOf(1));
  });
});

describe('the history', () => {
  it('is told every step, in words, once', () => {
    const line = new Line(definitionOf([beta]));
    const release = line.push(1);
    expect(line.told()).toEqual([
      `release ${release} of api 1.1.0, game 1.1.0`,
      `p1: versions/beta.yaml is to say ${release}`,
    ]);
    line.commit('beta', 'no route');
    expect(line.told()).toEqual([`p1: ${release} may not enter beta yet (no route)`]);
    line.pass(15_000).commit('beta').rollout('beta').test('beta', 'failed', 'status 500');
    expect(line.told()).toEqual([
      `${release} is not tried again in beta: smoke failed: status 500`,
      'smoke in beta: failed: status 500',
      `p1: ${release} failed in beta (smoke failed: status 500; no other release was verified here to go back to)`,
    ]);
    line.ask({ type: 'hold', ...at('beta'), why: 'look', until: null });
    expect(line.told()).toEqual(['beta is held: look']);
    line.ask({ type: 'resume', ...at('beta') });
    expect(line.told()).toEqual(['beta is held no more']);
    line.ask({ type: 'freeze', actor: 'ann', environments: [], message: 'x', until: null });
    expect(line.told()).toEqual(['f1 freezes everything: x']);
    line.ask({ type: 'unfreeze', actor: 'ann', freeze: 'f1' });
    expect(line.told()).toEqual(['f1 is over']);
  });
});
