// What `master status` says of an environment: never more than is known.

import { describe, expect, it } from 'vitest';
import type { EnvironmentStatus, PendingView } from '../../../master/api/contract.ts';
import type { StageView } from '../../../master/api/pipeline-contract.ts';
import { plain } from '../../../master/cli/render/style.ts';
import { statusText } from '../../../master/cli/render/status.ts';
import { stage } from './pipeline-samples.ts';
import { at, rollout, running } from './samples.ts';

const host = (
  id: string,
  more: Partial<EnvironmentStatus['hosts'][number]> = {},
): EnvironmentStatus['hosts'][number] => ({
  ...{ host: id, online: true, lastSeen: at - 180_000, away: true, release: '7f3a9c2d' },
  ...{ inSync: true, behind: false, running: [running('1.42.0')] },
  ...more,
});

const changed: PendingView = {
  ...{ kind: 'changed', commit: '9c8d7e6f'.repeat(5), subject: 'Bump api' },
  ...{ images: [{ name: 'api', tag: '1.43.0' }], hosts: ['web-2', 'web-3'], problem: null },
};

const text = (
  hosts: EnvironmentStatus['hosts'],
  more: Partial<EnvironmentStatus> = {},
  stages: readonly StageView[] = [],
): string => {
  const environment: EnvironmentStatus = {
    ...{ environment: 'beta', release: '7f3a9c2d', commit: null, subject: null },
    ...{ images: [{ name: 'api', tag: '1.42.0', digest: 'sha256:2' }], last: null, current: null },
    ...{ hosts, pending: null },
    ...more,
  };
  const states = { url: '/srv/states', ref: 'main', commit: null, error: null };
  const view = {
    ...{ version: '0.1.0', project: 'starfall', states, environments: [environment] },
    hosts: { total: hosts.length, online: hosts.filter(({ online }) => online).length },
  };
  const pipeline = { stages, freezes: [], arrivals: [] };
  return statusText(
    { view, pipeline, full: stages.length > 0, now: at },
    { width: 80, style: plain },
  );
};

describe('status', () => {
  it('counts each host once, and needs no table where all is well', () => {
    expect(text([host('web-1'), host('web-2')])).toBe(`beta · release 7f3a9c2d
  images  api 1.42.0
  hosts   2 hosts: 2 in sync

2 of 2 hosts online · states from /srv/states at main · Brine 0.1.0`);
  });

  it('says what the states ask for and which hosts do not run it', () => {
    const behind = { behind: true };
    expect(
      text([host('web-1'), host('web-2', behind), host('web-3', behind)], { pending: changed }),
    ).toBe(`beta · release 7f3a9c2d
  images  api 1.42.0
  hosts   3 hosts: 1 in sync, 2 behind the states
  pending the states ask for 9c8d7e6 Bump api (api 1.43.0), on web-2, web-3: see
          \`master plan beta\`

  HOST   STATE   IN SYNC  RELEASE   RUNS
  web-2  online  behind   7f3a9c2d  api 1.42.0 healthy
  web-3  online  behind   7f3a9c2d  api 1.42.0 healthy

3 of 3 hosts online · states from /srv/states at main · Brine 0.1.0`);
  });

  it('names no single release where hosts run several', () => {
    const lines = text([host('web-1'), host('web-2', { release: '00aa11bb' }), host('web-3')]);
    expect(lines.split('\n').slice(0, 3)).toEqual([
      'beta · several releases',
      '  runs    7f3a9c2d on web-1, web-3; 00aa11bb on web-2',
      '  hosts   3 hosts: 3 in sync',
    ]);
  });

  it('never calls a host that is away in sync', () => {
    const lines = text([host('web-1'), host('web-2', { online: false })]).split('\n');
    expect(lines).toContain('  hosts   2 hosts: 1 in sync, 1 offline');
    expect(lines).toContain(
      '  web-2  offline, 3 m ago  yes, last known  7f3a9c2d  api 1.42.0 was healthy',
    );
  });

  it('never calls healthy what runs on a host whose Docker does not answer', () => {
    const lost = host('web-2', { dockerDownSince: at - 60_000 });
    const lines = text([host('web-1'), lost]).split('\n');
    expect(lines).toContain('  hosts   2 hosts: 1 in sync, 1 with Docker down');
    expect(lines.join('\n')).toMatch(
      /web-2 +Docker down, 1 m ago +yes, last known .*api 1.42.0 was healthy/,
    );
  });

  it('knows of one that has not come back since the master ended only that', () => {
    const told = text([host('web-2', { online: false, away: false })]);
    expect(told).toContain('offline, not back yet');
  });

  it('says that what the states ask for was tried and taken back', () => {
    const last = rollout('rolled-back', [], { commit: changed.commit, endedAt: at, exit: 3 });
    const told = text([host('web-2', { behind: true })], { pending: changed, last });
    expect(told.replace(/\n +/g, ' ')).toContain('which r12 tried (rolled-back), on web-2, web-3');
  });

  it('shows an environment that git no longer has as what apply would remove', () => {
    const pending: PendingView = { ...changed, kind: 'removed', hosts: ['web-1'] };
    expect(text([host('web-1', { behind: true })], { pending }).replace(/\n +/g, ' ')).toContain(
      'pending the states no longer have beta: what runs of it on web-1 goes with `master apply beta`',
    );
  });

  it('tells of a stage by itself everything once: its release, and what is pending', () => {
    const hosts = [host('web-2', { behind: true })];
    const beta = stage('beta', {
      ...{
        since: at - 240_000,
        pending: 'the states ask for a change on 1 host: master apply beta',
      },
    });
    expect(text(hosts, { pending: { ...changed, hosts: ['web-2'] } }, [beta]))
      .toBe(`beta · release 7f3a9c2d · 3e1f0ab Raise the pool size
  api 1.42.0, game main-77
  ✓ verified, 4 m ago
  → there is no release newer than those that entered
  hosts   1 host: 1 behind the states
  pending the states ask for 9c8d7e6 Bump api (api 1.43.0), on web-2: see
          \`master plan beta\`

  HOST   STATE   IN SYNC  RELEASE   RUNS
  web-2  online  behind   7f3a9c2d  api 1.42.0 healthy

1 of 1 host online · states from /srv/states at main · Brine 0.1.0`);
  });

  it('tells apart what a stage is to run and what its hosts do run', () => {
    const lines = text([host('web-2', { release: '00aa11bb' })], { release: '00aa11bb' }, [
      stage('beta'),
    ]).split('\n');
    expect(lines[0]).toMatch(/^beta · release 7f3a9c2d /);
    expect(lines).toContain('beta · release 00aa11bb');
  });
});
