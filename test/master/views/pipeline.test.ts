import { describe, expect, it } from 'vitest';
import type { ReleaseInStage } from '../../../master/api/pipeline-contract.ts';
import { releaseView } from '../../../master/views/pipeline.ts';
import { at, idOf, Line } from '../pipeline/line.ts';
import { definitionOf, minute, stageOf, tests } from '../pipeline/samples.ts';

const rollback = { type: 'rollback', ...at('beta'), release: null, why: 'slow' } as const;

function inBeta({ pipeline }: Line, release: string): ReleaseInStage | undefined {
  const found = pipeline.releases[release];
  if (found === undefined) throw new Error(`no release ${release}`);
  return releaseView(pipeline, found, Object.values(pipeline.promotions).reverse()).stages[0];
}

describe('what became of a release in a stage', () => {
  it('is that a person went back from it, and who, or that it failed', () => {
    const line = new Line(definitionOf([stageOf('beta', tests('smoke'))]));
    line.push(1);
    line.well('beta').push(2);
    line.well('beta');
    line.ask(rollback);
    line.commit('beta').rollout('beta').push(3);
    line.commit('beta').rollout('beta').test('beta', 'failed').commit('beta').rollout('beta');
    expect(inBeta(line, idOf(2))).toMatchObject({
      ...{
        state: 'taken-back',
        takenBackBy: 'ann@laptop',
        reason: 'rolled back by ann@laptop: slow',
      },
    });
    expect(inBeta(line, idOf(3))).toMatchObject({ state: 'failed', takenBackBy: null });
  });

  it('is since when it runs, which is before its tests have passed', () => {
    const line = new Line(definitionOf([stageOf('beta', tests('smoke'))]));
    line.push(1);
    line.commit('beta').rollout('beta');
    const since = line.stage('beta').current?.since;
    line.pass(minute / 2).test('beta');
    expect(inBeta(line, idOf(1))).toMatchObject({ state: 'runs', verified: true, since });
    expect(since).toBeLessThan(line.now);
  });
});
