// Long because every text stands here to the letter, narrow and wide.

import { describe, expect, it } from 'vitest';
import { promotionExit } from '../../../master/cli/exit.ts';
import { diffText } from '../../../master/cli/render/diff.ts';
import { historyText } from '../../../master/cli/render/fleet.ts';
import { eventLine } from '../../../master/cli/render/lines.ts';
import type { Page } from '../../../master/cli/render/plan.ts';
import { explainText, followedLine, outcomeText } from '../../../master/cli/render/promotion.ts';
import { madeText, releasesText, releaseText } from '../../../master/cli/render/releases.ts';
import { stagesText, stageText, type AskedStages } from '../../../master/cli/render/stages.ts';
import { coloured, plain } from '../../../master/cli/render/style.ts';
import { widthOf } from '../../../master/cli/render/text.ts';
import type { PipelineView } from '../../../master/api/pipeline-contract.ts';
import type { StreamItem } from '../../../master/events.ts';
import * as sample from './pipeline-samples.ts';
import { at, hostEvent, rollout } from './samples.ts';

const { going, next, now, promotion, release, rolledBack, stage, standing, troubled } = sample;
const page = (width: number): Page => ({ width, style: plain });
const environments = ['beta', 'gamma', 'prod'].map(standing);
const asked = (pipeline: PipelineView): AskedStages => ({ pipeline, environments, now });

describe('the whole line', () => {
  it('fits on one screen of 80 columns, with what each stage waits for before it', () => {
    expect(stagesText(asked(going), page(80))).toBe(
      `beta · release 7f3a9c2d · 3e1f0ab Raise the pool size
  api 1.42.0, game main-77
  ✓ verified, 4 m ago
  ↓ p12 waits for integration
gamma · release 7f3a9c2d · 3e1f0ab Raise the pool size
  api 1.42.0, game main-77
  ● verifying 7f3a9c2d (p12), 2 m ago
  ↓ 7f3a9c2d is not verified in gamma
prod · release 00aa11bb
  api 1.41.0, game main-76
  ✓ verified, 5 h ago
  ! 1 of 2 hosts offline: web-2`,
    );
  });

  it('is a table at 200', () => {
    expect(stagesText(asked(going), page(200))).toBe(
      `STAGE  RELEASE   VERSIONS                  COMMIT                       PHASE                       SINCE
beta   7f3a9c2d  api 1.42.0, game main-77  3e1f0ab Raise the pool size  ✓ verified                  4 m ago
  ↓ p12 waits for integration
gamma  7f3a9c2d  api 1.42.0, game main-77  3e1f0ab Raise the pool size  ● verifying 7f3a9c2d (p12)  2 m ago
  ↓ 7f3a9c2d is not verified in gamma
prod   00aa11bb  api 1.41.0, game main-76                               ✓ verified                  5 h ago
  ! 1 of 2 hosts offline: web-2`,
    );
  });

  it('says at 80 columns who and what is in the way, and what failed', () => {
    expect(stagesText(asked(troubled), page(80))).toBe(
      `! frozen: prod, by ben@desk: a fair (until 10:50 UTC, in 1 h) [f1]
beta · release 7f3a9c2d · 3e1f0ab Raise the pool size
  api 1.42.0, game main-77
  ✓ verified, 4 m ago
  ↓ 7f3a9c2d failed here (p12: integration)
gamma · release 00aa11bb
  api 1.41.0, game main-76
  ✗ rolled back (p12), 1 m ago
  ! held by ann@laptop: looking at it (until 10:10 UTC, in 1 h)
  ! p12 with 7f3a9c2d: integration: it ended with exit code 1
  ! not tried here again: 7f3a9c2d
  ! pending: batch size of api
  ↓ after gamma, load: frozen by ben@desk: a fair ␛[2J (until 10:50 UTC, in 1 h)
prod · no release yet
  · empty
  ! 1 of 2 hosts offline: web-2

arrived, and wait for the rest of their release: game main-78 (1 m ago)`,
    );
  });

  it('says once why a release failed, though others wait for it', () => {
    const [beta = stage('beta'), gamma = stage('gamma')] = troubled.stages;
    const reason = `7f3a9c2d failed in gamma (p12: ${rolledBack.reason ?? ''})`;
    const prod = stage('prod', { after: ['gamma'], next: { ...gamma.next, reason } });
    const text = stagesText(asked({ ...troubled, stages: [beta, gamma, prod] }), page(80));
    expect(text).toContain('  ↓ 7f3a9c2d failed in gamma (p12)\nprod');
    expect(text.split(rolledBack.reason ?? '')).toHaveLength(2);
  });

  it('says the same at 200', () => {
    expect(stagesText(asked(troubled), page(200))).toBe(
      `! frozen: prod, by ben@desk: a fair (until 10:50 UTC, in 1 h) [f1]
STAGE  RELEASE      VERSIONS                  COMMIT                       PHASE                SINCE
beta   7f3a9c2d     api 1.42.0, game main-77  3e1f0ab Raise the pool size  ✓ verified           4 m ago
  ↓ 7f3a9c2d failed here (p12: integration)
gamma  00aa11bb     api 1.41.0, game main-76                               ✗ rolled back (p12)  1 m ago
  ! held by ann@laptop: looking at it (until 10:10 UTC, in 1 h)
  ! p12 with 7f3a9c2d: integration: it ended with exit code 1
  ! not tried here again: 7f3a9c2d
  ! pending: batch size of api
  ↓ after gamma, load: frozen by ben@desk: a fair ␛[2J (until 10:50 UTC, in 1 h)
prod   nothing yet                                                         · empty
  ! 1 of 2 hosts offline: web-2

arrived, and wait for the rest of their release: game main-78 (1 m ago)`,
    );
  });

  it('shows one stage by itself with what it waits for', () => {
    const [, gamma = stage('gamma')] = troubled.stages;
    expect(stageText(asked(troubled), gamma, page(80))).toBe(
      `gamma · release 00aa11bb
  api 1.41.0, game main-76
  ✗ rolled back (p12), 1 m ago
  ! held by ann@laptop: looking at it (until 10:10 UTC, in 1 h)
  ! p12 with 7f3a9c2d: integration: it ended with exit code 1
  ! not tried here again: 7f3a9c2d
  ! pending: batch size of api
  → 7f3a9c2d failed here (p12: integration)`,
    );
  });

  it('says all of what one stage waits for, on as many lines as that takes', () => {
    const reason = `7f3a9c2d failed here (p12: ${'the pool is too small '.repeat(5)}again)`;
    const gamma = stage('gamma', { next: next('gamma', { release: '7f3a9c2d', reason }) });
    const lines = stageText(asked(going), gamma, page(80)).split('\n').slice(3);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.map((line) => line.slice(4)).join(' ')).toBe(reason);
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(80);
  });

  it('says when an approval is what is missing, and that a stage is stopped', () => {
    const stopped = stage('gamma', {
      stopped: { reason: 'two rollbacks in a row', since: at },
      next: next('gamma', { release: '7f3a9c2d', reason: '7f3a9c2d waits for an approval' }),
    });
    const lines = stagesText(
      { ...asked({ ...going, stages: [stage('beta'), stopped] }) },
      page(80),
    );
    expect(lines.split('\n').slice(3)).toEqual([
      '  ↓ 7f3a9c2d waits for an approval',
      'gamma · release 7f3a9c2d · 3e1f0ab Raise the pool size',
      '  api 1.42.0, game main-77',
      '  ✗ stopped, 4 m ago',
      '  ! stopped until `master resume gamma`: two rollbacks in a row',
    ]);
  });

  it('calls going back no failure where a person wanted it', () => {
    const back = promotion({ kind: 'rollback', phase: 'rolled-back', exit: 0, until: null });
    const text = stagesText(asked({ ...going, stages: [stage('beta', { last: back })] }), page(80));
    expect(text).toContain('✓ verified');
  });

  it('is never wider than the terminal, with colours or without', () => {
    for (const width of [40, 80, 119, 120, 200]) {
      for (const pipeline of [going, troubled]) {
        const lines = stagesText(asked(pipeline), { width, style: coloured }).split('\n');
        expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
      }
    }
  });
});

describe('releases', () => {
  it('are one line each, with what became of them in every stage', () => {
    expect(releasesText([release], now, page(200))).toBe(
      `RELEASE   MADE      BETA    GAMMA     PROD  IMAGES                    BY        COMMIT
7f3a9c2d  12 m ago  ● runs  ✗ failed        api 1.42.0, game main-77  teamcity  3e1f0ab Raise the pool size`,
    );
    expect(releasesText([release], now, page(80)).split('\n')[1]).toBe(
      '7f3a9c2d  12 m ago  ● runs  ✗ failed        api 1.42.0,…  teamcity  3e1f0ab Rai…',
    );
  });

  it('show with their evidence what failed where, and what it said last', () => {
    const shown = { release, outputs: [sample.output] };
    expect(releaseText(shown, now, page(80))).toBe(
      `release 7f3a9c2d · 12 m ago by teamcity (ci)
  commit   3e1f0ab8c0ffee00000000000000000000000000
  message  Raise the pool size

           It was too small.
  build    https://ci.example.com/build/77

  IMAGE  TAG      COMMIT   DIGEST               REPOSITORY
  api    1.42.0   3e1f0ab  sha256:1420aaaaaaaa  registry.example.com/api
  game   main-77           sha256:main-77bbbbb  registry.example.com/game

beta  ● runs since 09:00 UTC, 10 m ago
    p11 promotion by master (release): succeeded
    ✓ smoke  passed on web-1  640 ms

gamma  ✗ failed, 1 m ago
    p12 promotion by master (verified): rolled back
    integration failed
    ✓ smoke  passed on web-1  640 ms
    ✗ integration  failed on web-2  14 tests, 2 failed, 1 skipped, exit code 1,…
      it ended with exit code 1
    what integration said on web-2, 43 lines before these
    │ ok 2
    │ ok 3
    │ ok 4
    │ ok 5
    │ ok 6
    │ ok 7
    │ ok 8
    │ ok 9
    │ ok 10
    │ ok 11
    │ ok 12
    │ not ok pool␛[2J

prod  was never here`,
    );
  });

  it('tell one that a person went back from apart from one that failed', () => {
    const [beta, gamma] = release.stages;
    if (beta === undefined || gamma === undefined) throw new Error('no stages');
    const taken = { ...gamma, state: 'taken-back', takenBackBy: 'ann@laptop' } as const;
    const stages = [{ ...beta, verified: false, since: at - 25 * 60 * sample.minute }, taken];
    const shown = { ...release, stages };
    const list = releasesText([shown], now, page(200));
    expect(list).toContain('← taken back by ann@laptop');
    expect(list).not.toContain('failed');
    const text = releaseText({ release: shown, outputs: [] }, now, page(80));
    expect(text).toContain('\ngamma  ← taken back by ann@laptop, 1 m ago\n');
    expect(text).toContain('\nbeta  ● runs since 2026-11-23 07:40 UTC, 1 d ago, not verified\n');
  });

  it('name the commit of the states by which they entered', () => {
    const [beta, ...others] = release.stages;
    if (beta === undefined || beta.promotion === null) throw new Error('no promotion');
    const entered = { ...beta, promotion: { ...beta.promotion, commit: '9c8d7e6f'.repeat(5) } };
    const shown = { release: { ...release, stages: [entered, ...others] }, outputs: [] };
    expect(releaseText(shown, now, page(80))).toContain(
      'p11 promotion by master (release): succeeded · states 9c8d7e6',
    );
  });

  it('say what came of images that were given', () => {
    const made = { release, waitsFor: [], known: false, since: 1 };
    expect(madeText(made, page(80))).toBe(
      `Release 7f3a9c2d of api 1.42.0, game main-77.
See where it gets with: master release show 7f3a9c2d`,
    );
    expect(madeText({ ...made, known: true }, page(200)).split('\n')[0]).toBe(
      'Release 7f3a9c2d of api 1.42.0, game main-77 was there already: the digests are the same.',
    );
    expect(madeText({ ...made, release: null, waitsFor: ['game'] }, page(200))).toBe(
      'Taken. It becomes a release when the images that belong to it have arrived too: game.',
    );
  });
});

describe('promotions', () => {
  it('are explained', () => {
    expect(explainText(next('gamma', { ...going.stages[1]?.next }), now, page(80))).toBe(
      `gamma is under way
  p12 waits for integration
  release    7f3a9c2d
  promotion  p12
  ends       at the latest 09:18 UTC, in 8 m`,
    );
    expect(explainText(next('prod', { ...troubled.stages[2]?.next }), now, page(80))).toBe(
      `prod waits
  frozen by ben@desk: a fair ␛[2J
  release    00aa11bb
  promotion  p13
  ends       10:50 UTC, in 1 h`,
    );
  });

  it('end with what failed, and what to do', () => {
    expect(outcomeText(rolledBack, now, page(80))).toBe(
      `✗ gamma: 7f3a9c2d rolled back
  integration: it ended with exit code 1
  back to 00aa11bb: integration failed
  p12 · promotion by master · after 4 m 00 s
  ✓ smoke  passed on web-1  640 ms
  ✗ integration  failed on web-2  14 tests, 2 failed, 1 skipped, exit code 1, 8…
    it ended with exit code 1
  its evidence: master release show 7f3a9c2d
  try it again with: master retry gamma`,
    );
  });

  it('say why they may not enter, and when that is over', () => {
    const blocked = promotion({ phase: 'blocked', reason: 'frozen by ann: a fair' });
    expect(outcomeText(blocked, now, page(80))).toBe(
      `! gamma: 7f3a9c2d blocked
  frozen by ann: a fair
  until 09:18 UTC, in 8 m
  p12 · promotion by master · after 5 m 00 s
  see: master explain gamma`,
    );
  });

  it('stand in the history before the rollouts', () => {
    const commits = new Map([['7f3a9c2d', '3e1f0ab8c0ffee']]);
    const promotions = [promotion(), rolledBack];
    const rollouts = [rollout('succeeded', [], { endedAt: at })];
    const history = { promotions, commits, rollouts };
    expect(historyText(history, now, page(80))).toBe(
      `PROMOTION  WHEN     RESULT       KIND       RELEASE   WHO     WHY
p12        5 m ago  verifying    promotion  7f3a9c2d  master
p12        5 m ago  rolled back  promotion  7f3a9c2d  master  integration: it e…

ROLLOUT  WHEN      RESULT     CAUSE  RELEASE   IMAGES     WHO         WHY
r12      30 m ago  succeeded  apply  7f3a9c2d  api 1.42…  ann@laptop  3e1f0ab R…`,
    );
    expect(historyText(history, now, page(100)).split('\n').slice(0, 2)).toEqual([
      'PROMOTION  WHEN     RESULT       KIND       RELEASE   COMMIT   WHO     WHY',
      'p12        5 m ago  verifying    promotion  7f3a9c2d  3e1f0ab  master',
    ]);
  });

  it('are followed line by line, without those of others', () => {
    const test: StreamItem = {
      ...{ kind: 'test', seq: 9, at, environment: 'gamma', actor: 'master', cause: 'verified' },
      ...{ promotion: 'p12', test: 'smoke', verdict: 'passed', message: 'smoke in gamma: passed' },
    };
    const said: StreamItem = {
      ...{ kind: 'output', at, host: 'web-1', environment: 'gamma', promotion: 'p12' },
      ...{ test: 'smoke', lines: ['1 of 2', '\u001b[2J'] },
    };
    const items: StreamItem[] = [hostEvent(5, 'web-1', 'switching'), test, said];
    expect(items.map((item) => followedLine(item, 'p12', plain))).toEqual([
      '08:40:05  web-1             switching        is switching',
      '08:40:00  gamma             passed           smoke in gamma: passed',
      '08:40:00  web-1             │ 1 of 2\n08:40:00  web-1             │ ␛[2J',
    ]);
    expect([test, said].map((item) => followedLine(item, 'p13', plain))).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('are told in the events', () => {
    const about = { seq: 9, at, environment: 'gamma', actor: 'ann@laptop', cause: 'hold' };
    const message = 'gamma is held: looking';
    expect(eventLine({ ...about, kind: 'stage', what: 'held', message }, plain)).toBe(
      '2026-11-24 08:40:00  held          gamma: gamma is held: looking (ann@laptop)',
    );
  });

  it('end with the code that the master gives; one that waits is blocked', () => {
    expect([promotionExit(rolledBack), promotionExit(promotion())]).toEqual([7, 5]);
  });
});

describe('diff', () => {
  const beta = {
    ...{ environment: 'beta', release: '7f3a9c2d', images: sample.images('1.42.0', 'main-77') },
  };

  it('shows versions side by side, and says by a sign which are not the same', () => {
    const prod = { environment: 'prod', release: null, images: sample.images('1.41.0', 'main-77') };
    expect(diffText([beta, prod], page(80))).toBe(
      `   IMAGE  BETA 7f3a9c2d                       PROD
≠  api    1.42.0 3e1f0ab sha256:1420aaaaaaaa  1.41.0 3e1f0ab sha256:1410aaaaaaaa
=  game   main-77 sha256:main-77bbbbb         main-77 sha256:main-77bbbbb

2 images, 1 not the same.`,
    );
  });

  it('says that there is no difference', () => {
    const text = diffText([beta, { ...beta, environment: 'prod' }], page(80));
    expect(text.split('\n').at(-1)).toBe('beta and prod run the same.');
  });
});
