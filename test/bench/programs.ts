// Figures of the programs alone: no host, no master that runs.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin } from '../e2e/product.ts';
import { statesFor } from '../e2e/states.ts';
import { figure, inTurns, timed } from './measure.ts';

export const nodeAlone = (): Promise<number> => timed(process.execPath, ['-e', '0']);

export const programs = {
  cli_start: async (): Promise<void> => {
    const { ours, floor } = await inTurns({
      ours: () => timed(bin('master'), ['--version']),
      floor: nodeAlone,
    });
    figure('cli_start', ours, 'ms', { floor });
  },
  validate_2000_services: async (): Promise<void> => {
    const dir = await mkdtemp(join(tmpdir(), 'brine-bench-'));
    try {
      await writeServices(dir, 2_000);
      const { ours, floor } = await inTurns({
        ours: () => timed(bin('master'), ['validate', dir]),
        floor: nodeAlone,
      });
      figure('validate_2000_services', ours, 'ms', { floor });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
};

/** Each with what a real one has, in the block style that people write, and a port of its own. */
async function writeServices(dir: string, services: number): Promise<void> {
  const registry = 'registry.example:5000';
  const digest = `sha256:${'5'.repeat(64)}`;
  const files = statesFor({ registry, version: { tag: '1.0.0', digest } });
  for (const sub of ['services', 'environments', 'versions']) await mkdir(join(dir, sub));
  for (const [path, text] of Object.entries(files)) await writeFile(join(dir, path), text);
  for (let at = 1; at < services; at += 1) {
    await writeFile(join(dir, `services/service-${at}.yaml`), serviceText(at));
  }
}

const serviceText = (at: number): string => `image: api
targets: role=app,tier=${at % 7}
ports:
  - "${20_000 + at}:8080"
env:
  GREETING: hello
  PORT: "\${vars.api_port}"
  NAME: "\${env.name}-${at}"
volumes:
  - "data-${at}:/data"
healthcheck:
  http: /up
  interval: 1s
  timeout: 5s
limits:
  memory: 128m
  cpus: 0.5
stop:
  signal: SIGTERM
  timeout: 5s
rollout:
  batch: 25%
  min_healthy: 10s
`;
