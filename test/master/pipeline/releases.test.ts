import { describe, expect, it } from 'vitest';
import { pipelineLimits } from '../../../master/pipeline/limits.ts';
import type { Pipeline } from '../../../master/pipeline/record.ts';
import { composeRelease, digestSet, originOf } from '../../../master/pipeline/releases.ts';
import { releaseId } from '../../../states/release.ts';
import { at, idOf, Line } from './line.ts';
import { definitionOf, draft, image, stageOf } from './samples.ts';

const beta = stageOf('beta');
const origin = originOf('registry', 'registry');

const arrive = (line: Line, ...images: ReturnType<typeof image>[]): Line =>
  line.send({ type: 'images', images, alone: false, origin });

const newest = ({ releases }: Pipeline): string[] | undefined =>
  Object.values(releases)
    .sort((a, b) => b.order - a.order)
    .at(0)
    ?.images.map(({ name, tag }) => `${name} ${tag}`);

describe('the digests', () => {
  it('are the release, in whatever order and under whatever tag', () => {
    const [api, game] = [image('api', 1), image('game', 2)];
    expect(digestSet([game, { ...api }])).toBe(digestSet([api, game]));
    expect(digestSet([api, game]).slice(0, 8)).toBe(releaseId([game, api]));
    expect(digestSet([api, image('game', 3)])).not.toBe(digestSet([api, game]));
  });

  it('make the same release twice only once', () => {
    const line = new Line(definitionOf([beta]));
    line.push(1);
    line.well('beta').push(1);
    expect(Object.keys(line.pipeline.releases)).toHaveLength(1);
    expect(line.stage('beta').active).toBe(null);
  });

  it('are believed, not the id: another release under the same one is not made', () => {
    const line = new Line(definitionOf([beta]));
    const release = line.push(1);
    const known = line.pipeline.releases[release];
    if (known === undefined) throw new Error('no release');
    line.pipeline = {
      ...line.pipeline,
      releases: { [release]: { ...known, set: '0'.repeat(64) } },
    };
    line.push(1);
    expect(line.pipeline.releases[release]?.set).toBe('0'.repeat(64));
    line.edit('beta', 1);
    expect(line.stage('beta').edited).toBe(null);
  });
});

describe('a release', () => {
  it('waits for all images that there are, the first time', () => {
    const line = new Line(definitionOf([beta]));
    arrive(line, image('api', 1));
    expect(line.pipeline.releases).toEqual({});
    expect(composeRelease(line.pipeline)).toEqual({ waitsFor: ['game'], waiting: ['api'] });
    arrive(line, image('game', 1));
    expect(line.active('beta').release).toBe(idOf(1));
    expect(line.pipeline.arrivals).toEqual({});
  });

  it('takes what it does not name from the newest release', () => {
    const line = new Line(definitionOf([beta]));
    line.push(1, 1);
    line.push(2, 2);
    arrive(line, image('api', 3));
    expect(newest(line.pipeline)).toEqual(['api 1.3.0', 'game 1.2.0']);
  });

  it('takes it from no release that failed anywhere, while there is another', () => {
    const line = new Line(definitionOf([beta]));
    line.push(1, 1);
    line.well('beta').push(2, 1);
    line.commit('beta').rollout('beta', 'failed').commit('beta').rollout('beta');
    arrive(line, image('game', 2));
    expect(newest(line.pipeline)).toEqual(['api 1.1.0', 'game 1.2.0']);
    const bare = new Line(definitionOf([beta]));
    bare.push(1, 1);
    bare.commit('beta').rollout('beta', 'failed');
    arrive(bare, image('api', 2));
    expect(newest(bare.pipeline)).toEqual(['api 1.2.0', 'game 1.1.0']);
  });

  it('knows no image that the states do not name, and forgets those they name no more', () => {
    const line = new Line(definitionOf([beta]));
    line.push(1, 1);
    arrive(line, image('other', 1));
    expect(line.pipeline.arrivals).toEqual({});
    line.send({ type: 'defined', definition: definitionOf([beta], { images: ['api'] }) });
    arrive(line, image('api', 2));
    expect(newest(line.pipeline)).toEqual(['api 1.2.0']);
  });

  it('of images that belong together waits until all have arrived', () => {
    const line = new Line(definitionOf([beta], { together: [['api', 'game']] }));
    line.push(1, 1);
    arrive(line, image('api', 2));
    arrive(line, image('api', 3));
    expect(composeRelease(line.pipeline)).toEqual({ waitsFor: ['game'], waiting: ['api'] });
    arrive(line, image('game', 3));
    expect(newest(line.pipeline)).toEqual(['api 1.3.0', 'game 1.3.0']);
    line.send({ type: 'images', images: [image('api', 4)], alone: true, origin });
    expect(newest(line.pipeline)).toEqual(['api 1.4.0', 'game 1.3.0']);
  });

  it('does not wait for ever for what belongs to it', () => {
    const line = new Line(definitionOf([beta], { together: [['api', 'game']] }));
    line.push(1, 1);
    arrive(line, image('api', 2)).pass(pipelineLimits.arrivalMs);
    expect(line.pipeline.arrivals).toEqual({});
  });

  it('that was found or written by a person enters by itself once CI brings it', () => {
    const line = new Line(definitionOf([beta]));
    line.push(1);
    line.well('beta');
    line.ask({ type: 'hold', ...at('beta'), why: 'x', until: null });
    line.edit('beta', 2).edit('beta', 1);
    line.ask({ type: 'resume', ...at('beta') });
    expect(line.stage('beta')).toMatchObject({ active: null, waiting: null });
    line.push(2);
    expect(line.active('beta')).toMatchObject({ release: idOf(2), cause: 'release' });
  });
});

describe('what was found running', () => {
  it('is adopted once, and only where nothing is known', () => {
    const line = new Line(definitionOf([beta]));
    const { environment } = beta;
    line.send({ type: 'adopted', environment, release: draft(1, 1), commit: 'c' });
    line.send({ type: 'adopted', environment, release: draft(2, 1), commit: 'd' });
    expect(line.stage('beta')).toMatchObject({
      ...{ current: { release: idOf(1), promotion: null }, file: { commit: 'c' } },
    });
  });
});
