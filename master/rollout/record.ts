// A rollout as it stands in the store: the head changes with every transition, the hosts each in an
// entry of their own, so that a report of one host does not write the others again.

import { z } from 'zod';
import { hostFailure, report, running } from '../../protocol/messages.ts';
import {
  branded,
  environmentName,
  hostState,
  pinnedImage,
  releaseId,
} from '../../protocol/state-schema.ts';
import { parseHostId, parseRolloutId, type HostId, type RolloutId } from '../../states/ids.ts';
import type { RolloutPolicy } from '../../states/model.ts';
import type { HostPhase, RolloutPhase } from '../events.ts';

const count = z.number().int().min(0);
/** Unix milliseconds, by the master's clock. */
const at = z.number().int();
const text = z.string();

const hostId = branded<HostId>('host id', parseHostId);
const rolloutId = branded<RolloutId>('rollout id', parseRolloutId);

const rolloutPhase = z.enum([
  'pulling',
  'rolling-out',
  'rolling-back',
  'succeeded',
  'rolled-back',
  'rollback-failed',
  'failed',
  'errored',
  'aborted',
]) satisfies z.ZodType<RolloutPhase>;

const hostPhase = z.enum([
  'queued',
  'pulling',
  'pulled',
  'switching',
  'done',
  'failed',
  'reverting',
  'reverted',
  'kept-old',
  'down',
  'offline',
]) satisfies z.ZodType<HostPhase>;

const policy = z
  .strictObject({
    batch: z.union([
      z.strictObject({ hosts: z.number().int().min(1) }).readonly(),
      z.strictObject({ percent: z.number().positive() }).readonly(),
    ]),
    canary: count,
    progressMs: count,
    maxFailures: count,
    onFailure: z.enum(['rollback', 'pause']),
  })
  .readonly() satisfies z.ZodType<RolloutPolicy>;

/** What the host was asked for last in this rollout: images, jobs, the new state, the one before. */
const told = z.enum(['nothing', 'pull', 'prepare', 'new', 'old']);
export type Told = z.infer<typeof told>;

/** What it has to run to its end before anything is switched. */
const jobs = z
  .strictObject({
    /** All other hosts wait for one of them. */
    shared: z.boolean(),
    timeoutMs: count,
    done: z.boolean(),
  })
  .readonly();

export const rolloutHost = z
  .strictObject({
    host: hostId,
    /** 0 for the canaries when there are any, then 1, 2, … */
    batch: count,
    phase: hostPhase,
    since: at,
    /** Which of the rollout's states this host gets; hosts that get the same share one. */
    state: count,
    told,
    /** It was asked for the new state at least once: from then on it is not as it was. */
    switched: z.boolean(),
    /** Of the newest desire the host has been given; older reports are not about this rollout. */
    generation: count,
    /** The host has reported on that generation; a second report of it says nothing new. */
    answered: z.boolean(),
    /** By its own plan it was right already as the rollout began: it only passes through. */
    right: z.literal(true).exactOptional(),
    /** Its link is gone and it has not come back yet. */
    lost: z.boolean(),
    /** Tries that failed for a reason that can heal, and when the host is asked again. */
    attempts: count,
    retryAt: at.nullable(),
    jobs: jobs.exactOptional(),
    detail: text.exactOptional(),
    gapMs: z.number().min(0).exactOptional(),
    failures: z.array(hostFailure).readonly(),
    running: z.array(running).readonly(),
  })
  .readonly();
export type RolloutHost = z.infer<typeof rolloutHost>;

export const rolloutHead = z
  .strictObject({
    id: rolloutId,
    project: text,
    environment: environmentName,
    release: releaseId,
    commit: text.nullable(),
    subject: text.nullable(),
    actor: text,
    cause: z.enum(['apply', 'rollback', 'promotion']),
    /** Of the pipeline's own: which promotion began it, and the key of that attempt. */
    promotion: z.strictObject({ id: text, key: text }).readonly().exactOptional(),
    /** Only some of the environment's hosts were asked for. */
    partial: z.boolean(),
    images: z.array(pinnedImage.readonly()).readonly(),
    policy,
    phase: rolloutPhase,
    why: text.nullable(),
    startedAt: at,
    endedAt: at.nullable(),
    /** Without progress until then it fails. */
    deadline: at,
    /** How often the master began anew since anything got further. */
    resumed: count.exactOptional(),
    exit: count.nullable(),
  })
  .readonly();
export type RolloutHead = z.infer<typeof rolloutHead>;

export type Rollout = RolloutHead & { readonly hosts: readonly RolloutHost[] };

/**
 * What one host must run for one environment, and the newest state that proved itself there: what a
 * rollback goes back to. Null where nothing has yet.
 */
export const desiredRecord = z
  .strictObject({
    generation: count,
    mode: z.enum(['pull', 'run']),
    onFailure: z.enum(['rollback', 'pause']),
    state: hostState,
    jobs: z.literal(true).exactOptional(),
    good: hostState.nullable(),
    /** What it was asked to run before this rollout: what it runs on as long as it only pulls. */
    before: hostState.nullable(),
    rollout: rolloutId,
  })
  .readonly();
export type DesiredRecord = z.infer<typeof desiredRecord>;

/** The newest report of a host, and the number that the host gave it. */
export const observedRecord = z.strictObject({ seq: count, report }).readonly();
export type ObservedRecord = z.infer<typeof observedRecord>;

/** The generation that a host says it holds of an environment that the master wants nothing of. */
export const heldRecord = z.strictObject({ generation: count }).readonly();

export const isOver = (rollout: Pick<RolloutHead, 'endedAt'>): boolean => rollout.endedAt !== null;
