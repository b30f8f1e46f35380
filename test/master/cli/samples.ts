// Answers of a master as they look on the wire, for the tests of what the CLI makes of them.

import type { HostFailure, Running } from '../../../protocol/messages.ts';
import type {
  HostPlanView,
  HostRolloutView,
  PlanView,
  RolloutView,
} from '../../../master/api/contract.ts';
import type { BrineEvent, HostPhase, LiveProgress, RolloutPhase } from '../../../master/events.ts';
import type { ServiceName } from '../../../states/ids.ts';
import type { ContainerSpec } from '../../../states/model.ts';

export const at = Date.UTC(2026, 10, 24, 8, 40, 0);

const digest = `sha256:${'2b1c9f00'.repeat(8)}`;

export const spec: ContainerSpec = {
  service: 'api' as ServiceName,
  slot: 1,
  image: { name: 'api', repository: 'registry.example.com/api', tag: '1.42.0', digest },
  env: { DB_HOST: '••••', LOG_LEVEL: '••••' },
  ports: [{ address: '0.0.0.0', host: 18080, container: 8080, protocol: 'tcp' }],
  mounts: [],
  restart: { policy: 'unless-stopped' },
  limits: {},
  healthcheck: {
    kind: 'http',
    port: 8080,
    path: '/up',
    intervalMs: 1_000,
    timeoutMs: 5_000,
    startMs: 60_000,
    retries: 3,
  },
  stop: { signal: 'SIGTERM', timeoutMs: 30_000 },
  labels: {},
  minHealthyMs: 10_000,
  needs: [],
  retain: 3,
  at: { file: 'services/api.yaml', line: 3, column: 1 },
};

export const running = (tag: string, health: Running['health'] = 'healthy'): Running => ({
  service: 'api',
  slot: 1,
  container: 'starfall-beta-api-1-ab12cd34',
  release: '7f3a9c2d',
  image: digest,
  tag,
  health,
});

const none = { steps: [], switches: [], changes: [], problems: [], running: [running('1.41.0')] };

export const changes = (host: string): HostPlanView => ({
  ...none,
  host,
  state: 'changes',
  steps: [
    { do: 'pull', image: spec.image, reason: 'not on this host' },
    {
      do: 'create',
      container: 'starfall-beta-api-1-ab12cd34',
      spec,
      reason: 'the image changes from 1.41.0 to 1.42.0',
    },
    {
      do: 'stop',
      container: 'starfall-beta-api-1-00aa11bb',
      service: 'api',
      timeoutMs: 30_000,
      reason: 'it holds host port 18080',
    },
    { do: 'start', container: 'starfall-beta-api-1-ab12cd34', spec, reason: 'it takes its place' },
    { do: 'await-healthy', container: 'starfall-beta-api-1-ab12cd34', spec, reason: 'the gate' },
  ],
  switches: [{ service: 'api', slot: 1, order: 'stop-first', gapMs: 640 }],
  changes: [
    {
      ...{ service: 'api', slot: 1, kind: 'changed', known: true },
      differences: [
        {
          what: 'image',
          from: 'api 1.41.0 (00aa11bb22cc)',
          to: 'api 1.42.0 (2b1c9f002b1c)',
        },
        { what: 'env LOG_LEVEL', from: 'info', to: 'debug' },
        { what: 'env DB_PASSWORD', from: '••••', to: '•••• (changed)' },
        { what: 'limits.memory', from: null, to: '512m' },
        { what: 'user', from: 'app', to: null },
      ],
    },
  ],
});

export const inSync = (host: string): HostPlanView => ({ ...none, host, state: 'in-sync' });
export const offline = (host: string): HostPlanView => ({ ...none, host, state: 'offline' });

export const plan = (hosts: readonly HostPlanView[]): PlanView => ({
  id: '0123456789abcdef',
  removes: false,
  environment: 'beta',
  release: '7f3a9c2d',
  commit: '3e1f0ab8c0ffee00000000000000000000000000',
  subject: 'Raise the pool size',
  hosts,
  batches: hosts.filter((each) => each.state === 'changes').map((each) => [each.host]),
  warnings: [],
});

export const failure: HostFailure = {
  code: 'CONTAINER_UNHEALTHY',
  message: 'api was healthy for 3 s, then its probe failed 3 times in a row',
  service: 'api',
  container: 'starfall-beta-api-1-ab12cd34',
  phase: 'healthy',
  exitCode: 137,
  oomKilled: true,
  restarts: 2,
  probe: 'GET http://10.213.1.11:18080/up → 500 "db down"',
  logs: ['listening on 8080', '\u001b[31mcannot reach db\u001b[0m', 'bye\u001b[2J\u0007'],
  at: { file: 'services/api.yaml', line: 3, column: 1 },
};

export const host = (
  id: string,
  phase: HostPhase,
  more: Partial<HostRolloutView> = {},
): HostRolloutView => ({
  host: id,
  phase,
  batch: 1,
  since: at,
  failures: [],
  running: [running('1.41.0')],
  ...more,
});

export const rollout = (
  phase: RolloutPhase,
  hosts: readonly HostRolloutView[],
  more: Partial<RolloutView> = {},
): RolloutView => ({
  id: 'r12',
  environment: 'beta',
  release: '7f3a9c2d',
  commit: '3e1f0ab8c0ffee00000000000000000000000000',
  subject: 'Raise the pool size',
  actor: 'ann@laptop',
  cause: 'apply',
  phase,
  why: null,
  startedAt: at,
  endedAt: null,
  images: [{ name: 'api', tag: '1.42.0', digest }],
  hosts,
  exit: null,
  ...more,
});

const base = (seq: number) => ({
  seq,
  at: at + seq * 1_000,
  environment: 'beta',
  rollout: 'r12',
  release: '7f3a9c2d',
  actor: 'master',
  cause: 'apply',
});

export const hostEvent = (
  seq: number,
  id: string,
  phase: HostPhase,
  more: { readonly failures?: readonly HostFailure[]; readonly gapMs?: number } = {},
): BrineEvent => ({ ...base(seq), kind: 'host', host: id, phase, message: `is ${phase}`, ...more });

export const rolloutEvent = (seq: number, phase: RolloutPhase, why?: string): BrineEvent => ({
  ...base(seq),
  kind: 'rollout',
  phase,
  message: `r12 is ${phase}`,
  ...(why === undefined ? {} : { why }),
});

export const progress = (
  seconds: number,
  id: string,
  phase: LiveProgress['progress']['phase'],
  detail: string,
): LiveProgress => ({
  kind: 'progress',
  at: at + seconds * 1_000,
  host: id,
  environment: 'beta',
  rollout: 'r12',
  progress: {
    environment: 'beta' as LiveProgress['progress']['environment'],
    generation: 2,
    service: 'api',
    phase,
    detail,
    at: at + seconds * 1_000,
  },
});
