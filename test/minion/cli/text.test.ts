import { describe, expect, it } from 'vitest';
import { joinedText } from '../../../minion/cli/join.ts';
import { logLine } from '../../../minion/cli/log-line.ts';
import { errorText, toProblem } from '../../../minion/cli/problem.ts';
import { statusText } from '../../../minion/cli/status.ts';
import type { StatusView } from '../../../minion/status.ts';
import type { HostId } from '../../../states/ids.ts';
import { fault } from '../../../states/faults.ts';

const now = 1_800_000_000_000;
const status: StatusView = {
  ...{ id: 'web-1', version: '0.1.0', pid: 7, url: 'wss://10.0.0.1:4505' },
  startedAt: now - 3 * 3_600_000,
  link: { linked: true, since: now - 90_000 },
  docker: { version: '20.10.24' },
  journal: { pending: 0 },
  environments: [
    {
      ...{ environment: 'beta', generation: 8, doing: 'holding', release: '7f3a9c2d' },
      outcome: 'done',
      running: [
        {
          ...{ service: 'api', slot: 1, container: 'starfall-beta-api-1-0a1b2c3d' },
          ...{ release: '7f3a9c2d', image: 'r/api@sha256:12', tag: '1.42.0', health: 'healthy' },
        },
        {
          ...{ service: 'game', slot: 2, container: 'starfall-beta-game-2-0a1b2c3d' },
          ...{ release: '7f3a9c2d', image: 'r/game@sha256:0123456789ab', health: 'starting' },
        },
      ],
    },
  ],
};

describe('minion status', () => {
  it('shows the link, Docker, and what runs', () => {
    expect(statusText(status, now)).toBe(`minion   web-1, version 0.1.0, up 3 h
master   wss://10.0.0.1:4505, linked for 1 m
docker   20.10.24
reports  all delivered

beta: holding, release 7f3a9c2d, generation 8
  SERVICE  HEALTH    VERSION       CONTAINER
  api      healthy   1.42.0        starfall-beta-api-1-0a1b2c3d
  game.2   starting  0123456789ab  starfall-beta-game-2-0a1b2c3d`);
  });

  it('shows what is wrong', () => {
    const text = statusText(
      {
        ...status,
        link: { linked: false, since: now - 5_000 },
        docker: { fault: { code: 'DOCKER_DOWN', message: 'no Docker Engine listens' } },
        journal: { pending: 3, setAside: 'the journal is damaged: line 3' },
        environments: [
          {
            ...{ environment: 'beta', generation: 9, doing: 'changing', release: null },
            ...{ outcome: 'failed', running: null },
          },
        ],
      },
      now,
    );
    expect(text).toBe(`minion   web-1, version 0.1.0, up 3 h
master   wss://10.0.0.1:4505, not linked for 5 s
docker   down: no Docker Engine listens
reports  3 not yet delivered
journal  the journal is damaged: line 3

beta: changing, generation 9, the last change failed
  what runs is not known while Docker does not answer`);
  });

  it('says so where there is nothing yet', () => {
    expect(statusText({ ...status, environments: [] }, now)).toMatch(/no environment yet\.$/);
  });
});

describe('minion join', () => {
  it('says as whom, with which labels, and what to do next', () => {
    const joined = {
      ...{ id: 'web-1' as HostId, url: 'wss://10.0.0.1:4505', config: '/x/minion.yaml' },
      ...{ labels: { role: 'app', ring: 'beta' }, expiresAt: now },
    };
    expect(joinedText(joined, '/var/lib/brine/minion')).toBe(`web-1 has joined wss://10.0.0.1:4505.
  labels       role=app, ring=beta
  certificate  valid until 2027-01-15

Next:
  minion start`);
    expect(joinedText(joined, '/x')).toMatch(/minion start --dir \/x$/);
  });
});

describe('a line of the log', () => {
  it('reads in one piece, and cannot command the terminal', () => {
    const line = {
      ...{ level: 40, time: '2026-11-24T18:46:26.704Z', environment: 'beta', service: 'api' },
      ...{ what: 'it was \u001b[31mremoved', msg: 'drift', err: { message: 'gone' } },
    };
    expect(logLine(JSON.stringify(line))).toBe(
      '18:46:26 warn  [beta] drift  service=api  what="it was \\u001b[31mremoved"  gone\n',
    );
  });
});

describe('an error', () => {
  it('says what, where and what to do', () => {
    const error = fault('MINION_DOWN', 'no minion\u001b[2J runs', { where: '/x/minion.sock' });
    expect(errorText(toProblem(error, false))).toBe(`error: no minion�[2J runs [MINION_DOWN]
  where: /x/minion.sock
  hint: start it with \`minion start\`, or name its directory with --dir`);
    expect(toProblem(new Error('what'), false)).toMatchObject({
      exit: 4,
      data: { code: 'INTERNAL' },
    });
    expect(errorText(toProblem(new Error('what'), true))).toMatch(/at .*text\.test\.ts/);
  });
});
