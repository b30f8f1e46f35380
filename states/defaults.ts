// What holds where a state says nothing, as it would be written. PEERS §3 says how others choose.

export const defaults = {
  targets: '*',
  restart: 'unless-stopped',
  retain: 3,
  environment: { apply: 'manual' },
  healthcheck: { interval: '5s', timeout: '5s', start: '60s', retries: 3 },
  stop: { signal: 'SIGTERM', timeout: '30s' },
  rollout: {
    batch: 1,
    canary: 0,
    min_healthy: '10s',
    progress: '10m',
    max_failures: 0,
    on_failure: 'rollback',
  },
  test: { status: 200, interval: '1s', on: 'one-host', timeout: '30s', grace: '10s' },
  config: { mode: '0444', owner: '0:0' },
  drain: { interval: '1s', timeout: '5m' },
  job: { once: 'per-release', on: 'one-host', timeout: '5m' },
  stage: { soak: '0s', approval: 'none', zone: 'UTC', on_failure: 'rollback' },
} as const;
