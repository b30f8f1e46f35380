// What must be so before a release may enter a stage, in the order in which people are told: verified
// in every stage before by the same bytes, soaked there, and nobody or nothing holding the stage.

import type { ReleaseId } from '../../states/ids.ts';
import { liveStage, releaseOf, stageOf } from './change.ts';
import type { StageDefinition } from './definition.ts';
import type { Freeze, Pipeline, Promotion, Quarantine, StageRecord } from './record.ts';
import { soakedMs } from './soak.ts';
import { openingOf } from './windows.ts';

/** A condition that is not met: in words, and until when it will not be, as far as that is known. */
export interface Unmet {
  readonly reason: string;
  readonly until: number | null;
}

interface Candidate {
  readonly pipeline: Pipeline;
  readonly stage: StageRecord;
  readonly definition: StageDefinition;
  readonly release: ReleaseId;
  readonly now: number;
}
type Standing = Omit<Candidate, 'release'>;

/** Undefined when it may enter. Going back passes every gate; force passes them too, and says so. */
export function firstUnmet(
  pipeline: Pipeline,
  promotion: Promotion,
  now: number,
): Unmet | undefined {
  if (promotion.kind !== 'promotion') return undefined;
  return shut(pipeline, promotion, now).next().value;
}

/** Every gate that is shut for it, in words. */
export const allUnmet = (pipeline: Pipeline, promotion: Promotion, now: number): string[] =>
  [...shut(pipeline, promotion, now)].map(({ reason }) => reason);

function* shut(
  pipeline: Pipeline,
  { environment, release, cause }: Promotion,
  now: number,
): Generator<Unmet, undefined> {
  const live = liveStage(pipeline, environment);
  if (live === undefined) {
    yield { reason: `${environment} is no stage of the pipeline`, until: null };
    return undefined;
  }
  const candidate: Candidate = { pipeline, ...live, release, now };
  // Who asks to try again knows that it failed.
  const checks = cause === 'retry' ? gates : [unquarantined, ...gates];
  for (const check of checks) {
    const unmet = check(candidate);
    if (unmet !== undefined) yield unmet;
  }
  return undefined;
}

/** What keeps a stage as it is, whatever would change in it: people, two rollbacks, or the time. */
export function standstill(
  pipeline: Pipeline,
  environment: string,
  now: number,
): Unmet | undefined {
  const live = liveStage(pipeline, environment);
  if (live === undefined) return undefined;
  const candidate = { pipeline, ...live, now };
  return [goingOn, unfrozen, unheld, inWindow]
    .map((check) => check(candidate))
    .find((unmet) => unmet !== undefined);
}

export function unquarantined({
  stage,
  release,
}: Pick<Candidate, 'stage' | 'release'>): Unmet | undefined {
  const entry = stage.quarantined.find((each) => each.release === release);
  if (entry === undefined) return undefined;
  return { reason: quarantineWords(entry, 'here'), until: null };
}

/** How the reason begins when a person went back from a release, which then did not fail by itself. */
export const takenBack = 'rolled back by ';

export const isTakenBack = ({ reason }: Quarantine): boolean => reason.startsWith(takenBack);

export function quarantineWords(entry: Quarantine, where: string): string {
  const { release, promotion, reason } = entry;
  if (!isTakenBack(entry)) return `${release} failed ${where} (${promotion}: ${reason})`;
  const who = reason.slice(takenBack.length);
  return `${release} was rolled back ${where} by ${who} (${promotion})`;
}

/** Verified in every stage before by the same digests, and soaked there. */
export function unearned({ pipeline, definition, release, now }: Candidate): Unmet | undefined {
  const set = releaseOf(pipeline, release)?.set;
  for (const before of definition.after) {
    const entry = stageOf(pipeline, before)?.verified.find(
      (each) => each.release === release && each.set === set && each.by === 'tests',
    );
    if (entry === undefined) {
      return { reason: unverified(stageOf(pipeline, before), release, before), until: null };
    }
    const left = definition.soakMs - soakedMs(entry, now);
    if (left <= 0) continue;
    return entry.since === null
      ? { reason: `${release} left ${before} before it had soaked there`, until: null }
      : { reason: `${release} soaks in ${before}`, until: entry.since + definition.soakMs };
  }
  return undefined;
}

function unverified(
  stage: StageRecord | undefined,
  release: ReleaseId,
  environment: string,
): string {
  const failed = stage?.quarantined.find((each) => each.release === release);
  return failed === undefined
    ? `${release} is not verified in ${environment}`
    : quarantineWords(failed, `in ${environment}`);
}

function goingOn({ stage }: Standing): Unmet | undefined {
  const { stopped, environment } = stage;
  if (stopped === null) return undefined;
  return { reason: `${environment} is stopped: ${stopped.reason}`, until: null };
}

function unfrozen({ pipeline, stage, now }: Standing): Unmet | undefined {
  const freeze = freezeOf(pipeline, stage, now);
  if (freeze === undefined) return undefined;
  return { reason: `frozen by ${freeze.actor}: ${freeze.message}`, until: freeze.until };
}

function unheld({ stage, now }: Standing): Unmet | undefined {
  const { hold } = stage;
  if (hold === null || isOver(hold, now)) return undefined;
  return { reason: `held by ${hold.actor}: ${hold.why}`, until: hold.until };
}

function approved({ stage, definition, release }: Candidate): Unmet | undefined {
  if (definition.approval === 'none' || isApproved(stage, release)) return undefined;
  return { reason: `${release} needs an approval`, until: null };
}

function inWindow({ definition, now }: Standing): Unmet | undefined {
  if (definition.windows === null) return undefined;
  const { open, until } = openingOf(definition.windows, now);
  return open ? undefined : { reason: 'outside of the time windows', until };
}

const gates = [unearned, goingOn, unfrozen, unheld, approved, inWindow] as const;

export const isApproved = ({ approvals }: StageRecord, release: ReleaseId): boolean =>
  approvals.some((approval) => approval.release === release);

export const isOver = ({ until }: { until: number | null }, now: number): boolean =>
  until !== null && now >= until;

export const freezeOf = (
  { freezes }: Pipeline,
  { environment }: StageRecord,
  now: number,
): Freeze | undefined =>
  freezes.find(
    (freeze) =>
      !isOver(freeze, now) &&
      (freeze.environments.length === 0 || freeze.environments.includes(environment)),
  );
