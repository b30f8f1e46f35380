// Answers of a master about a line of three stages, for the tests of what the CLI makes of them.

import type { EnvironmentStatus } from '../../../master/api/contract.ts';
import type {
  ExplainView,
  PipelineView,
  PromotionView,
  ReleaseImageView,
  ReleaseInStage,
  ReleaseView,
  StageView,
  TestOutputView,
  TestView,
} from '../../../master/api/pipeline-contract.ts';
import { promotion as promotionRecord } from '../../../master/pipeline/record.ts';
import { at } from './samples.ts';

export const minute = 60_000;
/** When it is looked at. */
export const now = at + 30 * minute;

const commit = '3e1f0ab8c0ffee00000000000000000000000000';

export const images = (api: string, game: string): readonly ReleaseImageView[] =>
  [['api', api] as const, ['game', game] as const].map(([name, tag]) => ({
    ...{ name, tag, repository: `registry.example.com/${name}` },
    digest: `sha256:${tag.replaceAll('.', '').padEnd(64, name === 'api' ? 'a' : 'b')}`,
    commit: name === 'api' ? commit : null,
  }));

export const failedTest: TestView = {
  ...{ test: 'integration', timeoutMs: 10 * minute, verdict: 'failed' },
  evidence: {
    ...{ detail: 'it ended with exit code 1', durationMs: 8_200, exitCode: 1, host: 'web-2' },
    output: '/v1/promotions/p12/output?test=integration',
    counts: { tests: 14, failures: 2, skipped: 1 },
  },
};

export const passedTest: TestView = {
  ...{ test: 'smoke', timeoutMs: minute, verdict: 'passed' },
  evidence: {
    ...{ detail: '', durationMs: 640, exitCode: 0, host: 'web-1', output: null },
    counts: null,
  },
};

/** `more`: unparsed, as it comes from the store. */
export function promotion({
  exit = null,
  ...more
}: Record<string, unknown> & { readonly exit?: number | null } = {}): PromotionView {
  const record = promotionRecord.parse({
    ...{ id: 'p12', environment: 'gamma', release: '7f3a9c2d', kind: 'promotion' },
    ...{ actor: 'master', cause: 'verified', force: null, phase: 'verifying', step: 'tests' },
    ...{ reason: null, since: at + 28 * minute, until: at + 38 * minute },
    ...{ createdAt: at + 25 * minute, expiresAt: at + 90 * minute, endedAt: null },
    ...{ attempt: 1, tries: 0, from: '00aa11bb', commit: null, rollout: 'r14' },
    ...{ tests: [], back: null, aborting: null },
    ...more,
  });
  return { ...record, exit };
}

export const rolledBack = promotion({
  ...{ phase: 'rolled-back', reason: 'integration: it ended with exit code 1', step: null },
  ...{ until: null, endedAt: at + 29 * minute, tests: [passedTest, failedTest], exit: 7 },
  back: { release: '00aa11bb', commit: null, rollout: 'r15', why: 'integration failed' },
});

export const next = (environment: string, more: Partial<ExplainView> = {}): ExplainView => ({
  ...{ environment, state: 'idle', promotion: null, release: null, until: null },
  reason: 'there is no release newer than those that entered',
  ...more,
});

export function stage(environment: string, more: Partial<StageView> = {}): StageView {
  return {
    ...{ environment, after: [], phase: 'succeeded', since: at + 26 * minute },
    current: {
      ...{ release: '7f3a9c2d', since: at + 20 * minute, verified: true },
      ...{ images: images('1.42.0', 'main-77'), commit, subject: 'Raise the pool size' },
    },
    ...{ active: null, waiting: null, last: null, hold: null, stopped: null },
    ...{ quarantined: [], soakMs: 0, approval: 'none', tests: ['integration'], pending: null },
    next: next(environment),
    ...more,
  };
}

const older = {
  ...{ release: '00aa11bb', since: at - 300 * minute, verified: true },
  ...{ images: images('1.41.0', 'main-76'), commit: null, subject: null },
};

/** beta is done, gamma is tested, prod waits for it. */
export const going: PipelineView = {
  stages: [
    stage('beta'),
    stage('gamma', {
      ...{ after: ['beta'], phase: 'verifying', since: at + 28 * minute },
      ...{ active: promotion() },
      next: next('gamma', {
        ...{ state: 'under-way', promotion: 'p12', release: '7f3a9c2d' },
        ...{ reason: 'p12 waits for integration', until: at + 38 * minute },
      }),
    }),
    stage('prod', {
      ...{ after: ['gamma'], since: at - 290 * minute, current: older },
      next: next('prod', {
        ...{ release: '7f3a9c2d', reason: '7f3a9c2d is not verified in gamma' },
      }),
    }),
  ],
  ...{ freezes: [], arrivals: [] },
};

/** gamma went back, is held, prod is frozen, and half of a release has arrived. */
export const troubled: PipelineView = {
  stages: [
    stage('beta'),
    stage('gamma', {
      ...{ after: ['beta'], phase: 'rolled-back', since: at + 29 * minute, current: older },
      ...{ last: rolledBack },
      pending: 'batch size of api',
      hold: { actor: 'ann@laptop', why: 'looking at it', since: at, until: at + 90 * minute },
      quarantined: [
        { release: '7f3a9c2d', promotion: 'p12', at: at + 29 * minute, reason: 'integration' },
      ],
      next: next('gamma', {
        ...{ release: '7f3a9c2d', reason: '7f3a9c2d failed here (p12: integration)' },
      }),
    }),
    stage('prod', {
      ...{ after: ['gamma', 'load'], phase: null, since: null, current: null },
      next: next('prod', {
        ...{ state: 'waiting', promotion: 'p13', release: '00aa11bb', until: at + 130 * minute },
        reason: 'frozen by ben@desk: a fair \u001b[2J',
      }),
    }),
  ],
  freezes: [
    {
      ...{ id: 'f1', environments: ['prod'], actor: 'ben@desk', message: 'a fair' },
      ...{ since: at, until: at + 130 * minute },
    },
  ],
  arrivals: [{ name: 'game', tag: 'main-78', at: at + 29 * minute }],
};

export const standing = (environment: string): EnvironmentStatus => ({
  ...{ environment, release: '7f3a9c2d', commit: null, subject: null, images: [] },
  ...{ last: null, current: null, pending: null },
  hosts: [
    { online: true, inSync: true, host: 'web-1' },
    { online: environment !== 'prod', inSync: environment !== 'prod', host: 'web-2' },
  ].map((host) => ({
    ...host,
    behind: false,
    away: true,
    lastSeen: at,
    release: '7f3a9c2d',
    running: [],
  })),
});

const inStage = (environment: string, more: Partial<ReleaseInStage>): ReleaseInStage => ({
  ...{ environment, state: 'none', verified: false, since: null, reason: null },
  ...{ promotion: null, tests: [], takenBackBy: null },
  ...more,
});

export const release: ReleaseView = {
  id: '7f3a9c2d',
  createdAt: at + 18 * minute,
  images: images('1.42.0', 'main-77'),
  origin: {
    ...{ kind: 'ci', actor: 'teamcity', commit, url: 'https://ci.example.com/build/77' },
    message: 'Raise the pool size\n\nIt was too small.',
  },
  stages: [
    inStage('beta', {
      ...{ state: 'runs', verified: true, since: at + 20 * minute, tests: [passedTest] },
      promotion: promotion({
        ...{ id: 'p11', environment: 'beta', phase: 'succeeded', cause: 'release', exit: 0 },
      }),
    }),
    inStage('gamma', {
      ...{ state: 'failed', since: at + 29 * minute, reason: 'integration failed' },
      ...{ promotion: rolledBack, tests: [passedTest, failedTest] },
    }),
    inStage('prod', {}),
  ],
};

export const output: TestOutputView = {
  ...{ test: 'integration', host: 'web-2', environment: 'gamma', release: '7f3a9c2d', at },
  tested: {
    ...{ verdict: 'failed', detail: 'it ended with exit code 1', durationMs: 8_200, exitCode: 1 },
    counts: { tests: 14, failures: 2, skipped: 1 },
    output: {
      head: 'begin\n',
      tail: `${Array.from({ length: 13 }, (_, n) => `ok ${n}`).join('\n')}\nnot ok pool\u001b[2J\n`,
      ...{ omittedLines: 40, omittedChars: 400 },
    },
  },
};
