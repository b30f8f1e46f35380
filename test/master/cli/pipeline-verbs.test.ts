import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StageAnswer } from '../../../master/api/pipeline-contract.ts';
import { minutes } from '../../../master/cli/verbs/stage.ts';
import { imagesOf } from '../../../master/cli/verbs/releases.ts';
import { Answers, runMaster } from './answers.ts';
import * as sample from './pipeline-samples.ts';
import { at } from './samples.ts';

let answers: Answers;
beforeAll(async () => {
  answers = await Answers.start();
});
afterAll(async () => {
  await answers.close();
});
beforeEach(() => {
  answers.routes.clear();
  answers.asked.length = 0;
});

const master = (...args: string[]) => runMaster([...args, '--dir', answers.dir]).done;
const { promotion, release, rolledBack, stage } = sample;

const answer = (more: Partial<StageAnswer> = {}): StageAnswer => ({
  ...{ stage: stage('gamma'), promotion: null, since: 40 },
  ...more,
});

/** Takes what is sent to a path; the answer is what `value` says. */
function taking(route: string, value: unknown): unknown[] {
  const bodies: unknown[] = [];
  answers.routes.set(route, ({ body }, response) => {
    bodies.push(body);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  });
  return bodies;
}

const promoted = (phase: string, message: string) => ({
  ...{ kind: 'promotion', seq: 41, at, environment: 'gamma', actor: 'master', cause: 'verified' },
  ...{ promotion: 'p12', phase, message },
});

describe('releases', () => {
  it('are made of images with what CI knows, and shown by a word of the same verb', async () => {
    const bodies = taking('POST /v1/releases', { release, waitsFor: [], known: false, since: 1 });
    const words = [
      'api=1.42.0',
      'game=main-77',
      '--commit',
      '3e1f0ab',
      '--build-url',
      'https://ci',
    ];
    const made = await master('release', ...words);
    expect(made.out).toMatch(/^Release 7f3a9c2d of api 1.42.0, game main-77\.\n/);
    expect(bodies).toMatchObject([
      { images: { api: '1.42.0', game: 'main-77' }, commit: '3e1f0ab', url: 'https://ci' },
    ]);
    answers.json('GET /v1/releases/7f3a9c2d', release);
    answers.json('GET /v1/promotions/p12/output', { outputs: [sample.output] });
    const shown = await master('release', 'show', '7f3a9c2d');
    expect(shown.out).toContain('✗ integration  failed on web-2');
    expect(shown.out).toContain('│ not ok pool␛[2J');
    expect(answers.asked).toContain('GET /v1/promotions/p12/output?test=integration');
  });

  it('are found by the commit that was built', async () => {
    answers.json('GET /v1/releases', { releases: [release] });
    expect((await master('releases', '--commit', '3e1f')).out).toContain('7f3a9c2d');
    expect(await master('releases', '--commit', 'ffff')).toMatchObject({ code: 1, out: '' });
  });

  it('are found by a tag or a digest that they hold', async () => {
    answers.json('GET /v1/releases', { releases: [release] });
    const digest = release.images[0]?.digest ?? '';
    const repository = 'registry.example.com/api';
    const found = ['1.42.0', 'api=1.42.0', `${repository}:1.42.0`, digest.slice(0, 15)];
    for (const image of [...found, digest, `${repository}@${digest}`]) {
      expect((await master('releases', '--image', image)).out, image).toContain('7f3a9c2d');
    }
    for (const image of ['1.42', 'game=1.42.0', `sha256:${'0'.repeat(64)}`]) {
      expect(await master('releases', '--image', image), image).toMatchObject({ code: 1, out: '' });
    }
  });

  it('take each image once, with its tag', () => {
    expect(imagesOf(['api=1.42.0', 'game=a=b'])).toEqual({ api: '1.42.0', game: 'a=b' });
    for (const wrong of [['api'], ['=1'], ['api='], ['api=1', 'api=2']]) {
      expect(() => imagesOf(wrong)).toThrow(/image|twice/);
    }
  });
});

describe('history', () => {
  it('lists promotions and rollbacks of a stage, as the master tells them', async () => {
    answers.json('GET /v1/history/gamma', { rollouts: [], promotions: [promotion(), rolledBack] });
    answers.json('GET /v1/releases', { releases: [release] });
    const ran = await master('history', 'gamma');
    expect(ran.out).toMatch(/^p12 .* verifying [\s\S]*^p12 .* rolled back /m);
  });
});

describe('promote', () => {
  it('stays until it is over, and ends with 7 where a test said no', async () => {
    const bodies = taking(
      'POST /v1/environments/gamma/promote',
      answer({ promotion: promotion({ phase: 'rolling-out' }) }),
    );
    answers.routes.set('GET /v1/events', (_, response) => {
      response.write(`${JSON.stringify(promoted('verifying', 'p12: is tested'))}\n`);
      response.write(`${JSON.stringify(promoted('rolled-back', 'p12: back'))}\n`);
    });
    answers.json('GET /v1/promotions/p12', rolledBack);
    const ran = await master('promote', '7f3a9c2d', 'gamma', '--force', '--why', 'hot');
    expect(bodies).toMatchObject([{ release: '7f3a9c2d', force: { why: 'hot' } }]);
    expect(ran.out.split('\n').slice(0, 3)).toEqual([
      '08:40:00  gamma             verifying        p12: is tested',
      '08:40:00  gamma             rolled-back      p12: back',
      '✗ gamma: 7f3a9c2d rolled back',
    ]);
    expect(ran.code).toBe(7);
  });

  it('does not wait at a gate: it says which, and ends with 5', async () => {
    const blocked = promotion({ phase: 'blocked', reason: 'frozen by ann: a fair' });
    taking('POST /v1/environments/gamma/promote', answer({ promotion: blocked }));
    answers.json('GET /v1/promotions/p12', blocked);
    const ran = await master('promote', '7f3a9c2d', 'gamma');
    expect(ran.out).toContain('! gamma: 7f3a9c2d blocked\n  frozen by ann: a fair\n');
    expect(ran.code).toBe(5);
  });

  it('passes no gate without a reason', async () => {
    expect(await master('promote', '7f3a9c2d', 'gamma', '--force')).toMatchObject({ code: 1 });
    expect(answers.asked).toEqual([]);
  });
});

describe('a stage', () => {
  it('is held, resumed, frozen and approved in words', async () => {
    const held = { actor: 'ann', why: 'looking', since: at, until: Date.now() + 7_200_000 };
    const holds = taking(
      'POST /v1/environments/gamma/hold',
      answer({ stage: stage('gamma', { hold: held }) }),
    );
    const hold = await master('hold', 'gamma', '--why', 'looking', '--until', '2h');
    expect(hold.out).toMatch(/^Nothing enters gamma by itself, until .* UTC, in [12] h\n$/);
    expect(holds).toMatchObject([{ why: 'looking', minutes: 120 }]);
    taking('POST /v1/environments/gamma/resume', answer());
    expect((await master('resume', 'gamma')).out).toMatch(/^gamma goes on\. Now: there is no/);
    taking('POST /v1/environments/gamma/approve', answer({ promotion: promotion() }));
    expect((await master('approve', 'gamma')).out).toMatch(/^7f3a9c2d is approved for gamma\./);
    const freezes = taking('POST /v1/freezes', {
      ...{ id: 'f1', environments: [], actor: 'ann', message: 'a fair', since: at, until: null },
    });
    expect((await master('freeze', '--message', 'a fair')).out).toBe(
      'Nothing enters any stage. End it with: master unfreeze f1\n',
    );
    expect(freezes).toMatchObject([{ message: 'a fair' }]);
  });

  it('is rolled back and aborted by the pipeline, an environment outside of it is not', async () => {
    answers.json('GET /v1/pipeline', sample.going);
    const bodies = taking('POST /v1/environments/gamma/abort', answer({ promotion: promotion() }));
    expect((await master('abort', 'gamma')).out).toMatch(/^p12 is told to end\./);
    expect(bodies).toHaveLength(1);
    const back = promotion({ kind: 'rollback', phase: 'rolled-back', exit: 0 });
    taking('POST /v1/environments/gamma/rollback', answer({ promotion: back }));
    answers.json('GET /v1/promotions/p12', back);
    expect(await master('rollback', 'gamma', '--yes')).toMatchObject({ code: 0 });
    expect(answers.asked).not.toContain('POST /v1/rollback');
  });

  it('ends a hold at a time that is given', () => {
    expect(minutes(undefined, at)).toEqual({});
    expect(minutes('90m', at)).toEqual({ minutes: 90 });
    expect(minutes('2026-11-24T10:40+01:00', at)).toEqual({ minutes: 60 });
    expect(() => minutes('18:00', at)).toThrow(/--until takes a time/);
    expect(() => minutes('2026-11-24T08:00Z', at)).toThrow(/is over already/);
  });
});

describe('the line', () => {
  it('is what status shows of a project that has one', async () => {
    answers.json('GET /v1/pipeline', sample.going);
    answers.json('GET /v1/status', {
      ...{ version: '0.1.0', project: 'starfall', hosts: { total: 2, online: 2 } },
      states: { url: '/srv/states.git', ref: 'main', commit: null, error: null },
      environments: ['beta', 'gamma', 'prod'].map(sample.standing),
    });
    const { out } = await master('status');
    expect(out).toContain('  ↓ 7f3a9c2d is not verified in gamma\nprod · release 00aa11bb\n');
    expect(out).toContain('2 of 2 hosts online · states from /srv/states.git at main');
    const told = JSON.parse((await master('status', '--json')).out) as { pipeline: unknown };
    expect(told.pipeline).toEqual(sample.going);
    const diff = await master('diff', 'beta', 'prod');
    expect(diff.out).toContain('2 images, 2 not the same.');
  });

  it('is followed by the promotion that goes on in a stage', async () => {
    answers.json('GET /v1/pipeline', sample.going);
    answers.routes.set('GET /v1/events', (_, response) => {
      response.write(`${JSON.stringify(promoted('succeeded', 'p12: is verified'))}\n`);
    });
    answers.json('GET /v1/promotions/p12', promotion({ phase: 'succeeded', exit: 0 }));
    const ran = await master('watch', 'gamma');
    expect(ran.out).toContain('✓ gamma: 7f3a9c2d is verified');
    expect(ran.code).toBe(0);
  });
});
