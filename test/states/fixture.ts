// Specs and states that are right in every part, to be changed in one.

import {
  parseEnvironmentName,
  parseReleaseId,
  parseServiceName,
  type EnvironmentName,
  type ReleaseId,
  type ServiceName,
} from '../../states/ids.ts';
import type { ContainerSpec, HostState, PinnedImage } from '../../states/model.ts';

const named =
  <T>(parse: (raw: string) => T | undefined) =>
  (raw: string): T => {
    const parsed = parse(raw);
    if (parsed === undefined) throw new Error(`not a name: ${raw}`);
    return parsed;
  };

export const service: (raw: string) => ServiceName = named(parseServiceName);
export const environment: (raw: string) => EnvironmentName = named(parseEnvironmentName);
export const release: (raw: string) => ReleaseId = named(parseReleaseId);

/** The digest of version `n`: the same number, the same bytes. */
export const digest = (n: number): string => `sha256:${n.toString(16).padStart(64, '0')}`;

export const image = (name: string, n: number): PinnedImage => ({
  name,
  repository: `registry.example.com/${name}`,
  tag: `1.${n}.0`,
  digest: digest(n),
});

/** Version 1 of service `api` without ports, where nothing else is said. */
export const spec = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  service: service('api'),
  slot: 1,
  image: image('api', 1),
  env: {},
  ports: [],
  mounts: [],
  restart: { policy: 'unless-stopped' },
  limits: {},
  healthcheck: { kind: 'none', intervalMs: 1_000, timeoutMs: 5_000, startMs: 60_000, retries: 3 },
  stop: { signal: 'SIGTERM', timeoutMs: 30_000 },
  labels: {},
  minHealthyMs: 10_000,
  needs: [],
  retain: 3,
  at: { file: 'services/api.yaml', line: 1, column: 1 },
  ...more,
});

export const port = (host: number): ContainerSpec['ports'][number] => ({
  address: '0.0.0.0',
  host,
  container: 8080,
  protocol: 'tcp',
});

export const state = (...containers: readonly ContainerSpec[]): HostState => ({
  project: 'starfall',
  environment: environment('beta'),
  release: release('7f3a9c2d'),
  commit: null,
  network: 'starfall-beta',
  containers,
});
