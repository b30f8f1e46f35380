// A container as a state asks for it, with nothing in it but what every one has.

import { parseServiceName } from '../../../states/ids.ts';
import type { ContainerSpec, PinnedImage } from '../../../states/model.ts';

export const timing = { intervalMs: 1_000, timeoutMs: 1_000, startMs: 10_000, retries: 3 };

export const image: PinnedImage = {
  name: 'api',
  repository: 'registry.example.com/api',
  tag: '1.0.0',
  digest: `sha256:${'a'.repeat(64)}`,
};

export function specOf(more: Partial<ContainerSpec> = {}): ContainerSpec {
  const service = parseServiceName('api');
  if (service === undefined) throw new Error('no name');
  return {
    service,
    slot: 1,
    image,
    env: {},
    ports: [],
    mounts: [],
    restart: { policy: 'no' },
    limits: {},
    healthcheck: { kind: 'none', ...timing },
    stop: { signal: 'SIGTERM', timeoutMs: 10_000 },
    labels: {},
    minHealthyMs: 0,
    needs: [],
    retain: 3,
    at: { file: 'services/api.yaml', line: 1, column: 1 },
    ...more,
  };
}
