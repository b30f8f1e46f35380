import { describe, expect, it } from 'vitest';
import type { Running } from '../../../protocol/messages.ts';
import { serviceChanges } from '../../../master/views/changes.ts';
import { parseEnvironmentName, parseReleaseId } from '../../../states/ids.ts';
import type { ContainerSpec, HostState } from '../../../states/model.ts';
import { containerName } from '../../../states/naming.ts';
import type { Switch } from '../../../states/step.ts';
import { spec as sample } from '../cli/samples.ts';

const beta = parseEnvironmentName('beta');
const release = parseReleaseId('7f3a9c2d');
if (beta === undefined || release === undefined) throw new Error('names');

const state = (...containers: readonly ContainerSpec[]): HostState => ({
  ...{ project: 'starfall', environment: beta, release, commit: null, network: 'starfall-beta' },
  containers,
});

const old: ContainerSpec = {
  ...sample,
  env: { LOG_LEVEL: 'info', GONE: 'yes' },
  image: { ...sample.image, tag: '1.41.0', digest: `sha256:${'1'.repeat(64)}` },
  user: 'app',
};
const next: ContainerSpec = {
  ...sample,
  env: { LOG_LEVEL: 'debug', NEW: '' },
  command: ['serve', '--title', 'Two words'],
  ports: [{ address: '127.0.0.1', host: 9_000, container: 8_080, protocol: 'tcp' }],
  mounts: [{ type: 'volume', source: 'starfall-beta-cache', target: '/cache', readOnly: true }],
  limits: { memoryBytes: 512 * 1_024 ** 2, cpus: 1 },
  healthcheck: { ...sample.healthcheck, kind: 'tcp', port: 8_080 },
  stop: { signal: 'SIGTERM', timeoutMs: 5_000 },
  readOnlyRoot: true,
};

const running = (spec: ContainerSpec, container?: string): Running => ({
  ...{ service: spec.service, slot: spec.slot, release: '7f3a9c2d', health: 'healthy' },
  container: container ?? containerName({ ...state(spec), spec }),
  image: `${spec.image.repository}@${spec.image.digest}`,
  tag: spec.image.tag,
});

const place: Switch = { service: 'api', slot: 1, order: 'stop-first', gapMs: 650 };

describe('what changes in a service', () => {
  it('is told thing by thing, against the spec that its container was made from', () => {
    const asked = [state({ ...old, env: {} }), state(old)];
    const of = { state: state(next), asked, running: [running(old)], switches: [place] };
    const [change] = serviceChanges(of);
    expect(change).toMatchObject({ service: 'api', slot: 1, kind: 'changed', known: true });
    expect(change?.differences.map(({ what, from, to }) => `${what}: ${from} → ${to}`)).toEqual([
      'image: api 1.41.0 (111111111111) → api 1.42.0 (2b1c9f002b1c)',
      'command: null → serve --title "Two words"',
      'env LOG_LEVEL: info → debug',
      'env NEW: null → ',
      'ports: 18080→8080/tcp → 127.0.0.1:9000→8080/tcp',
      'volume /cache: null → starfall-beta-cache (read-only)',
      'limits.memory: null → 512m',
      'limits.cpus: null → 1',
      'healthcheck: http :8080/up, every 1s, timeout 5s, start 1m, 3 retries → ' +
        'tcp :8080, every 1s, timeout 5s, start 1m, 3 retries',
      'stop: SIGTERM, 30s → SIGTERM, 5s',
      'read_only: null → true',
      'env GONE: yes → null',
      'user: app → null',
    ]);
  });

  it('is only the image where nobody knows what the old container was made from', () => {
    const of = { state: state(next), asked: [], running: [running(old, 'x')], switches: [place] };
    expect(serviceChanges(of)).toEqual([
      {
        ...{ service: 'api', slot: 1, kind: 'changed', known: false },
        differences: [
          {
            what: 'image',
            from: '1.41.0 (111111111111)',
            to: 'api 1.42.0 (2b1c9f002b1c)',
          },
        ],
      },
    ]);
  });

  it('is everything of a new one, nothing of one that is made again', () => {
    const first = { ...place, order: 'first-start' as const };
    const none = { state: state(old), asked: [], running: [], switches: [first] };
    const [fresh] = serviceChanges(none);
    expect(fresh).toMatchObject({ kind: 'new', known: true });
    expect(fresh?.differences).toContainEqual({ what: 'env LOG_LEVEL', from: null, to: 'info' });
    const [again] = serviceChanges({ ...none, asked: [state(old)] });
    expect(again).toMatchObject({ kind: 'again', differences: [] });
  });

  it('is the end of one that is removed', () => {
    const switches = [{ ...place, order: 'removal' as const }];
    const of = { state: state(), asked: [state(old)], running: [running(old)], switches };
    expect(serviceChanges(of)).toMatchObject([{ service: 'api', kind: 'removed', known: true }]);
  });
});
