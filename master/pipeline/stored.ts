// How the records lie in the store, key by key, so that an event writes what it changed and no more.

import { z } from 'zod';
import type { Write } from '../store/store.ts';
import {
  pipeline as whole,
  promotion,
  release,
  stage,
  type Pipeline,
  type PromotionId,
} from './record.ts';

export const pipelineKeys = {
  head: 'pipeline',
  stages: 'stages/',
  promotions: 'promotions/',
  releases: 'releases/',
  stage: (environment: string): string => `stages/${environment}`,
  /** In the order of their numbers. */
  promotion: (id: PromotionId): string => `promotions/${id.slice(1).padStart(12, '0')}`,
  release: (id: string): string => `releases/${id}`,
} as const;

/** What the step from one to the other changed; nothing is ever taken out of the store here. */
export function writesBetween(before: Pipeline, after: Pipeline): Write[] {
  if (before === after) return [];
  const { definition, freezes, arrivals, next } = after;
  const same =
    before.definition === definition &&
    before.freezes === freezes &&
    before.arrivals === arrivals &&
    before.next === next;
  return [
    ...(same ? [] : [{ put: pipelineKeys.head, value: { definition, freezes, arrivals, next } }]),
    ...changed(before.stages, after.stages, (each) => pipelineKeys.stage(each.environment)),
    ...changed(before.promotions, after.promotions, (each) => pipelineKeys.promotion(each.id)),
    ...changed(before.releases, after.releases, (each) => pipelineKeys.release(each.id)),
  ];
}

/** Keys of the promotions that a start needs, out of the values under `stages/`. */
export const promotionsNeeded = (stages: readonly unknown[]): string[] =>
  z
    .array(stage)
    .parse(stages)
    .flatMap(({ active, waiting, last }) => [active, waiting, last])
    .filter((id) => id !== null)
    .map(pipelineKeys.promotion);

/** The pipeline out of what was read; throws where that is not what this version wrote. */
export function pipelineFrom(read: {
  readonly head: unknown;
  readonly stages: readonly unknown[];
  readonly promotions: readonly unknown[];
  readonly releases: readonly unknown[];
}): Pipeline {
  const head = headSchema.parse(read.head);
  const stages = z.array(stage).parse(read.stages);
  const promotions = z.array(promotion).parse(read.promotions);
  const releases = z.array(release).parse(read.releases);
  return {
    ...head,
    stages: Object.fromEntries(stages.map((each) => [each.environment, each])),
    promotions: Object.fromEntries(promotions.map((each) => [each.id, each])),
    releases: Object.fromEntries(releases.map((each) => [each.id, each])),
  };
}

const headSchema = whole.pick({ definition: true, freezes: true, arrivals: true, next: true });

const changed = <T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
  keyOf: (value: T) => string,
): Write[] =>
  Object.entries(after)
    .filter(([name, value]) => before[name] !== value)
    .map(([, value]) => ({ put: keyOf(value), value }));
