// Desires and reports as a minion meets them, for tests that need some.

import type { HostPolicy } from '../../minion/policy.ts';
import type { EnvironmentName, ReleaseId, ServiceName } from '../../states/ids.ts';
import type { ContainerSpec, HostState } from '../../states/model.ts';
import type { Desire, Drift, Report } from '../../protocol/messages.ts';

/** Of a host that minds nothing of what tests ask for. */
export const openPolicy: HostPolicy = {
  ...{ binds: ['/'], devices: ['/dev'], capabilities: ['NET_ADMIN', 'NET_RAW'] },
  ...{ security_opt: ['seccomp=unconfined'], tests: ['http', 'container', 'exec'] },
};

export const beta = 'beta' as EnvironmentName;
export const gamma = 'gamma' as EnvironmentName;

export const specOf = (service: string, more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  service: service as ServiceName,
  slot: 1,
  image: {
    name: service,
    repository: `registry.example.com/${service}`,
    tag: '1.0.0',
    digest: `sha256:${'a'.repeat(64)}`,
  },
  env: {},
  ports: [],
  mounts: [],
  restart: { policy: 'unless-stopped' },
  limits: {},
  healthcheck: {
    ...{ kind: 'http', port: 8080, path: '/up' },
    ...{ intervalMs: 1_000, timeoutMs: 500, startMs: 10_000, retries: 3 },
  },
  stop: { signal: 'SIGTERM', timeoutMs: 5_000 },
  labels: {},
  minHealthyMs: 2_000,
  needs: [],
  retain: 1,
  at: { file: `services/${service}.yaml`, line: 1, column: 1 },
  ...more,
});

export const stateOf = (
  environment: EnvironmentName,
  containers: readonly ContainerSpec[] = [specOf('api')],
): HostState => ({
  project: 'starfall',
  environment,
  release: '0123abcd' as ReleaseId,
  commit: null,
  network: `starfall-${environment}`,
  containers,
});

export const desireOf = (
  environment: EnvironmentName,
  generation: number,
  more: Partial<Desire> = {},
): Desire =>
  // The wire's type is the same with arrays that may be written.
  ({
    type: 'desire',
    generation,
    mode: 'run',
    onFailure: 'rollback',
    state: stateOf(environment),
    ...more,
  });

export const reportOf = (desire: Desire, more: Partial<Report> = {}): Report => ({
  environment: desire.state.environment,
  generation: desire.generation,
  mode: desire.mode,
  outcome: 'done',
  now: desire.mode === 'run' ? 'new' : 'old',
  reverted: false,
  writes: 1,
  failures: [],
  running: [],
  startedAt: 1_000,
  endedAt: 2_000,
  ...more,
});

export const driftOf = (environment: EnvironmentName, what: string): Drift => ({
  ...{ environment, generation: 1, service: 'api', container: 'api-1' },
  ...{ release: '0123abcd' as ReleaseId, commit: null },
  ...{ what, action: 'repaired', at: 1_000 },
});
