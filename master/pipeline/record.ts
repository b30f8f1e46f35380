// The pipeline's records as they stand in the store: releases, promotions, stages, freezes. Parsed when
// they are read; written by the reducer alone.

import { z } from 'zod';
import { branded, environmentName, pinnedImage, releaseId } from '../../protocol/state-schema.ts';
import type { Brand } from '../../states/ids.ts';
import { pipelineDefinition } from './definition.ts';

export type PromotionId = Brand<'PromotionId'>;
/** `p` and a running number that the master gives. */
export const parsePromotionId = (raw: string): PromotionId | undefined =>
  /^p[1-9][0-9]{0,11}$/.test(raw) ? (raw as PromotionId) : undefined;

const promotionId = branded<PromotionId>('promotion id', parsePromotionId);
/** Unix milliseconds. */
const instant = z.number().int();
const count = z.number().int().min(0);
const text = z.string().max(8_192);
const digestSet = z.string().regex(/^[0-9a-f]{64}$/);

export const origin = z.strictObject({
  kind: z.enum(['person', 'ci', 'registry', 'edit', 'adoption']),
  actor: text,
  /** The commit that was built, and where to read about the build. */
  commit: text.nullable(),
  url: text.nullable(),
  message: text.nullable(),
});

export const release = z.strictObject({
  id: releaseId,
  /** The hash over all digests of which the id is the beginning: what "the same bytes" is asked by. */
  set: digestSet,
  /** Grows by one with every release: what "newer" is asked by, whatever the clock did. */
  order: count,
  createdAt: instant,
  images: z.array(pinnedImage).max(500),
  origin,
});

/** What a test left behind. `output` says where its kept text is found. */
export const evidence = z.strictObject({
  detail: text,
  durationMs: z.number().min(0),
  exitCode: z.number().int().nullable(),
  host: text.nullable(),
  output: text.nullable(),
  counts: z.strictObject({ tests: count, failures: count, skipped: count }).nullable(),
});

export const testRun = z.strictObject({
  test: text,
  timeoutMs: count,
  /** Null until it has answered. Only `passed` is a pass, only `failed` a failure. */
  verdict: z.enum(['passed', 'failed', 'errored', 'inconclusive']).nullable(),
  evidence: evidence.nullable(),
});

/** In the waiting place; under way; over, for ever. */
export const waitingPhases = ['pending', 'blocked'] as const;
export const finalPhases = [
  ...(['succeeded', 'failed', 'rolled-back', 'rollback-failed'] as const),
  ...(['aborted', 'superseded'] as const),
] as const;
const underWay = [
  ...(['committing', 'rolling-out', 'verifying', 'rolling-back'] as const),
  ...(['errored', 'paused'] as const),
] as const;

export const promotion = z.strictObject({
  id: promotionId,
  environment: environmentName,
  /** What enters; for a rollback that a person asked for, what it goes back to. */
  release: releaseId,
  kind: z.enum(['promotion', 'rollback', 'forced']),
  actor: text,
  cause: z.enum(['release', 'verified', 'promote', 'edit', 'revert', 'rollback', 'retry']),
  /** Why the gates were passed by, and which ones were shut at that moment. */
  force: z.strictObject({ why: text, past: z.array(text) }).nullable(),
  phase: z.enum([...waitingPhases, ...underWay, ...finalPhases]),
  /** What is being done or tried again while it is under way. */
  step: z.enum(['commit', 'rollout', 'tests']).nullable(),
  reason: text.nullable(),
  since: instant,
  /** When this phase is looked at again at the latest; null once it is over. */
  until: instant.nullable(),
  createdAt: instant,
  /** When it gives up waiting, while it is in the waiting place. */
  expiresAt: instant,
  endedAt: instant.nullable(),
  /** Counts everything begun on its behalf, so that an answer names what it answers. */
  attempt: count,
  /** Attempts in a row that errored. */
  tries: count,
  /** What ran before it entered. */
  from: releaseId.nullable(),
  /** The commit of the versions file by which it entered. */
  commit: text.nullable(),
  rollout: text.nullable(),
  tests: z.array(testRun),
  /** Set once it goes back, and to what. */
  back: z
    .strictObject({
      release: releaseId,
      commit: text.nullable(),
      rollout: text.nullable(),
      why: text,
    })
    .nullable(),
  /** A person wants it to end; its rollout has been told. */
  aborting: z.strictObject({ actor: text, why: text }).nullable(),
});

/** A release that passed here. `adoption`: it ran here before the pipeline did; good to go back to. */
export const verified = z.strictObject({
  release: releaseId,
  set: digestSet,
  by: z.enum(['tests', 'adoption']),
  promotion: promotionId.nullable(),
  at: instant,
  /** The beginning of its present stay; null while another release is here. */
  since: instant.nullable(),
  /** Its longest stay that is over, in ms. */
  soakedMs: count,
});

export const quarantine = z.strictObject({
  release: releaseId,
  promotion: promotionId,
  at: instant,
  reason: text,
});

/** A commit that is still to be made although nothing waits for it: git was away during a rollback. */
export const owedCommit = z.strictObject({
  id: text,
  promotion: promotionId.nullable(),
  release: releaseId,
  kind: z.enum(['rollback', 'restore']),
  why: text,
  attempt: count,
  tries: count,
  /** Asked for, and not yet answered; else it waits for its next attempt. */
  asked: z.boolean(),
  reason: text.nullable(),
  since: instant,
  until: instant,
});

export const stage = z.strictObject({
  environment: environmentName,
  /** What it should run now. */
  current: z
    .strictObject({
      release: releaseId,
      promotion: promotionId.nullable(),
      since: instant,
      verified: z.boolean(),
    })
    .nullable(),
  /** What its versions file says in git; a null release is "not known". */
  file: z.strictObject({ release: releaseId.nullable(), commit: text.nullable() }).nullable(),
  /** The last commit in which a person edited that file. */
  edited: text.nullable(),
  active: promotionId.nullable(),
  waiting: promotionId.nullable(),
  /** The last that was under way and is over. */
  last: promotionId.nullable(),
  owed: owedCommit.nullable(),
  hold: z
    .strictObject({ actor: text, why: text, since: instant, until: instant.nullable() })
    .nullable(),
  /** Nothing enters by itself until a person resumes. */
  stopped: z.strictObject({ reason: text, since: instant }).nullable(),
  rollbacksInRow: count,
  /** In the order of verification, the newest last. */
  verified: z.array(verified),
  quarantined: z.array(quarantine),
  approvals: z.array(z.strictObject({ release: releaseId, actor: text, at: instant })),
  /** The order of the newest release that entered: nothing older enters by itself any more. */
  tried: count,
});

export const freeze = z.strictObject({
  id: text,
  /** None named: all. */
  environments: z.array(environmentName),
  actor: text,
  message: text,
  since: instant,
  until: instant.nullable(),
});

export const arrival = z.strictObject({ image: pinnedImage, at: instant, origin });

export const pipeline = z.strictObject({
  definition: pipelineDefinition,
  stages: z.record(z.string(), stage),
  /** Those that wait or are under way, and the last of each stage. */
  promotions: z.record(z.string(), promotion),
  releases: z.record(z.string(), release),
  freezes: z.array(freeze).max(1_000),
  /** Images that have arrived and are in no release yet, by name. */
  arrivals: z.record(z.string(), arrival),
  next: z.strictObject({ promotion: count, release: count, freeze: count, restore: count }),
});

export type Origin = z.infer<typeof origin>;
export type Release = z.infer<typeof release>;
export type Evidence = z.infer<typeof evidence>;
export type TestRun = z.infer<typeof testRun>;
export type Promotion = z.infer<typeof promotion>;
export type PromotionPhase = Promotion['phase'];
export type FinalPhase = (typeof finalPhases)[number];
export type Verified = z.infer<typeof verified>;
export type Quarantine = z.infer<typeof quarantine>;
export type OwedCommit = z.infer<typeof owedCommit>;
export type StageRecord = z.infer<typeof stage>;
export type Freeze = z.infer<typeof freeze>;
export type Pipeline = z.infer<typeof pipeline>;

export const isFinal = (phase: PromotionPhase): phase is FinalPhase =>
  (finalPhases as readonly PromotionPhase[]).includes(phase);

export const emptyPipeline: Pipeline = {
  definition: { stages: [], images: [], together: [] },
  stages: {},
  promotions: {},
  releases: {},
  freezes: [],
  arrivals: {},
  next: { promotion: 1, release: 1, freeze: 1, restore: 1 },
};
