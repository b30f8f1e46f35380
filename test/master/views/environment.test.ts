import { describe, expect, it } from 'vitest';
import type { PendingView, RolloutView } from '../../../master/api/contract.ts';
import { environmentStatus, type PlacedHost } from '../../../master/views/environment.ts';
import type { Report } from '../../../protocol/messages.ts';
import { parseEnvironmentName, parseReleaseId } from '../../../states/ids.ts';

const release = (text: string) => {
  const parsed = parseReleaseId(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};
const beta = parseEnvironmentName('beta');
if (beta === undefined) throw new Error('beta');

const report = (more: Partial<Report> = {}): Report => ({
  environment: beta,
  generation: 4,
  mode: 'run',
  outcome: 'done',
  now: 'new',
  reverted: false,
  writes: 3,
  failures: [],
  running: [
    {
      ...{ service: 'api', slot: 1, container: 'c', release: '0ld00000', image: 'r/api@sha256:1' },
      health: 'healthy',
    },
  ],
  startedAt: 1,
  endedAt: 2,
  ...more,
});

const placed = (observed: Report | undefined, mode: 'pull' | 'run' = 'run'): PlacedHost => ({
  host: 'web-1',
  online: true,
  lastSeen: 7,
  away: false,
  desired: { generation: 4, mode, state: { release: release('aaaa1111') } },
  observed,
});

const rollout = (id: string, more: Partial<RolloutView>): RolloutView => ({
  ...{ id, environment: 'beta', release: `rel-${id}`, commit: `c-${id}`, subject: `s-${id}` },
  ...{ actor: 'ann', cause: 'apply', phase: 'succeeded', why: null, startedAt: 1, endedAt: 2 },
  ...{ images: [{ name: 'api', tag: id, digest: 'sha256:1' }], hosts: [], exit: 0 },
  ...more,
});

const status = (
  hosts: PlacedHost[],
  rollouts: RolloutView[] = [],
  pending: PendingView | null = null,
) => environmentStatus({ environment: 'beta', hosts, rollouts, pending });

describe('an environment', () => {
  it('never rolled out has nothing', () => {
    expect(status([])).toEqual({
      environment: 'beta',
      ...{ release: null, commit: null, subject: null, images: [], last: null, current: null },
      hosts: [],
      pending: null,
    });
  });

  it('runs what succeeded last, while another is under way or has failed', () => {
    const current = rollout('r3', { phase: 'rolling-out', endedAt: null, exit: null });
    const failed = rollout('r2', { phase: 'rolled-back', exit: 3 });
    const good = rollout('r1', {});
    expect(status([], [current, failed, good])).toMatchObject({
      release: 'rel-r1',
      commit: 'c-r1',
      subject: 's-r1',
      images: [{ tag: 'r1' }],
      last: { id: 'r2' },
      current: { id: 'r3' },
    });
  });
});

describe('a host', () => {
  it('that the states ask something else of is behind, in sync with what it was asked or not', () => {
    const pending: PendingView = {
      ...{ kind: 'changed', commit: 'c-2', subject: 'Go on', images: [], problem: null },
      hosts: ['web-1', 'web-9'],
    };
    const { hosts, pending: told } = status([placed(report())], [], pending);
    expect(hosts).toMatchObject([{ host: 'web-1', inSync: true, behind: true }]);
    expect(told).toEqual(pending);
  });

  it('that has done exactly what is wanted now is in sync, and runs that release', () => {
    expect(status([placed(report())]).hosts).toEqual([
      {
        ...{
          host: 'web-1',
          online: true,
          lastSeen: 7,
          away: false,
          release: 'aaaa1111',
          inSync: true,
        },
        behind: false,
        running: report().running,
      },
    ]);
  });

  it.each([
    ['has said nothing yet', placed(undefined), null],
    ['has done an older generation', placed(report({ generation: 3 })), '0ld00000'],
    ['failed', placed(report({ outcome: 'failed', now: 'old', reverted: true })), '0ld00000'],
    ['has only pulled', placed(report({ mode: 'pull', now: 'old' }), 'pull'), '0ld00000'],
    [
      'runs nothing any more',
      placed(report({ outcome: 'failed', now: 'down', running: [] })),
      null,
    ],
  ])('that %s is not', (_, host, runs) => {
    expect(status([host]).hosts).toMatchObject([{ inSync: false, release: runs }]);
  });
});
