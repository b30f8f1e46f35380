// Pipelines and releases to try things on.

import type { PipelineDefinition, StageDefinition } from '../../../master/pipeline/definition.ts';
import type { ReleaseDraft } from '../../../master/pipeline/events.ts';
import type { Evidence } from '../../../master/pipeline/record.ts';
import { originOf } from '../../../master/pipeline/releases.ts';
import { parseEnvironmentName, type EnvironmentName } from '../../../states/ids.ts';
import type { PinnedImage } from '../../../states/model.ts';

export const environment = (text: string): EnvironmentName => {
  const parsed = parseEnvironmentName(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A Monday, 08:00 UTC. */
export const monday = Date.UTC(2026, 0, 5, 8);

export const stageOf = (name: string, more: Partial<StageDefinition> = {}): StageDefinition => ({
  environment: environment(name),
  ...{ after: [], soakMs: 0, verify: [], approval: 'none', windows: null, onFailure: 'rollback' },
  ...more,
});

export const after = (...names: string[]): Pick<StageDefinition, 'after'> => ({
  after: names.map(environment),
});

export const tests = (...names: string[]): Pick<StageDefinition, 'verify'> => ({
  verify: names.map((test) => ({ test, timeoutMs: minute })),
});

export const definitionOf = (
  stages: StageDefinition[],
  more: Partial<PipelineDefinition> = {},
): PipelineDefinition => ({ stages, images: ['api', 'game'], together: [], ...more });

export const image = (name: string, version: number): PinnedImage => ({
  ...{ name, repository: `registry.example.com/${name}`, tag: `1.${version}.0` },
  digest: `sha256:${name === 'api' ? 'a' : 'b'}${version.toString(16).padStart(63, '0')}`,
});

export const draft = (api: number, game: number): ReleaseDraft => ({
  images: [image('api', api), image('game', game)],
  origin: originOf('edit', 'ann@laptop'),
});

export const evidence = (detail: string): Evidence => ({
  ...{ detail, durationMs: 12, exitCode: detail === '' ? 0 : 1 },
  ...{ host: 'web-1', output: null, counts: null },
});
