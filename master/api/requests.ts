// What clients may send, checked before anything else sees it.

import { z } from 'zod';
import { fault } from '../../states/faults.ts';
import {
  parseEnvironmentName,
  parseHostId,
  parseReleaseId,
  parseRolloutId,
  type EnvironmentName,
  type ReleaseId,
} from '../../states/ids.ts';
import { isLabelValue } from '../../states/selector-term.ts';
import { parseScope, type Scope } from './scopes.ts';
import { parsePromotionId, type PromotionId } from '../pipeline/record.ts';

/** Without control characters, so that it can stand in a log and on a terminal. */
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}+$/u, 'no control characters');
const known = (what: string, parse: (raw: string) => string | undefined) =>
  z.string().refine((raw) => parse(raw) !== undefined, `not the name of ${what}`);

const environment = known('an environment', parseEnvironmentName);
const host = known('a host', parseHostId);
const rollout = known('a rollout', parseRolloutId);
const selector = line(1_000);
const actor = line(200);
const environmentNamed = z.custom<EnvironmentName>(
  (raw) => typeof raw === 'string' && parseEnvironmentName(raw) !== undefined,
  'not the name of an environment',
);
const releaseNamed = z.custom<ReleaseId>(
  (raw) => typeof raw === 'string' && parseReleaseId(raw) !== undefined,
  'not the name of a release',
);
const promotionNamed = z.custom<PromotionId>(
  (raw) => typeof raw === 'string' && parsePromotionId(raw) !== undefined,
  'not the name of a promotion',
);
const scope = z.custom<Scope>(
  (raw) => typeof raw === 'string' && parseScope(raw) !== undefined,
  'not a scope: view, release:<image>, deploy:<environment> or admin',
);
/** May have line breaks: a message of a commit. */
const words = z.string().max(2_000);
const minutes = z.number().positive().max(525_600).exactOptional();
const oddLabel =
  'not a value that a selector can name: not empty, and no space, comma, parenthesis or any of = ! * ?';
export const labels = z.record(line(63), z.string().refine(isLabelValue, oddLabel));
const hours = z.number().positive().max(87_600);
const number = z
  .string()
  .regex(/^\d{1,15}$/, 'not a number')
  .transform(Number);

export const requests = {
  status: z.object({ environment: environment.exactOptional() }),
  plan: z.strictObject({
    environment,
    hosts: selector.exactOptional(),
    toApply: z.boolean().exactOptional(),
  }),
  apply: z.strictObject({
    environment,
    hosts: selector.exactOptional(),
    plan: line(64).exactOptional(),
    actor,
  }),
  rollback: z.strictObject({ environment, release: line(100).exactOptional(), actor }),
  byActor: z.object({ actor: actor.default('unknown') }),
  ping: z.strictObject({ hosts: selector.exactOptional() }).default({}),
  labels: z.strictObject({ set: labels, remove: z.array(line(63)).max(100), actor }),
  token: z.strictObject({
    labels,
    uses: z.number().int().min(1).max(100_000),
    hours,
    id: line(63).exactOptional(),
    actor,
  }),
  apiToken: z.strictObject({ scopes: z.array(scope).min(1).max(50), hours, actor }),
  events: z.object({
    environment: environment.exactOptional(),
    rollout: rollout.exactOptional(),
    host: host.exactOptional(),
    since: number.default(0),
    limit: number.pipe(z.number().min(1).max(10_000)).default(1_000),
    follow: z.enum(['0', '1']).default('0'),
  }),
  logs: z.object({
    environment,
    service: line(63),
    lines: number.pipe(z.number().min(1).max(1_000)).default(100),
  }),
  testOutput: z.object({ test: line(63).exactOptional(), host: host.exactOptional() }),
  ofPromotion: z.object({ id: known('a promotion', parsePromotionId) }),
  inEnvironment: z.object({ environment }),
  inStage: z.object({ environment: environmentNamed }),
  release: z.strictObject({
    images: z
      .record(line(63), line(128))
      .refine((images) => Object.keys(images).length > 0, 'no image is named'),
    commit: line(200).exactOptional(),
    url: line(2_000).exactOptional(),
    message: words.exactOptional(),
    alone: z.boolean().exactOptional(),
    actor,
  }),
  ofRelease: z.object({ id: releaseNamed }),
  promote: z.strictObject({
    release: releaseNamed,
    force: z.strictObject({ why: line(2_000) }).exactOptional(),
    actor,
  }),
  stageRollback: z.strictObject({
    release: releaseNamed.exactOptional(),
    why: line(2_000).exactOptional(),
    actor,
  }),
  approve: z.strictObject({ release: releaseNamed.exactOptional(), actor }),
  hold: z.strictObject({ why: line(2_000), minutes, actor }),
  alone: z.strictObject({ actor }),
  stageAbort: z.strictObject({
    promotion: promotionNamed.exactOptional(),
    why: line(2_000).exactOptional(),
    actor,
  }),
  freeze: z.strictObject({
    environments: z.array(environmentNamed).max(100).exactOptional(),
    message: line(2_000),
    minutes,
    actor,
  }),
  onHost: z.object({ id: host }),
  ofRollout: z.object({ id: rollout }),
  ofToken: z.object({ id: line(100) }),
  ofHook: z.object({ name: line(40) }),
  hookQuery: z.object({ secret: line(500).optional() }),
} as const;

/** Throws BAD_USAGE with the first thing that is wrong. */
export function checked<T>(schema: z.ZodType<T>, raw: unknown): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'request' : issue.path.join('.');
  throw fault('BAD_USAGE', `${place}: ${issue?.message ?? 'not valid'}`);
}
