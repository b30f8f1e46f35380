// What the history is told: read off the difference between the records before and after an event, so
// that no transition can be forgotten. One line for people each, and the facts beside it.

import type { EnvironmentName, ReleaseId } from '../../states/ids.ts';
import { aimOf, promotionOf, stageOf } from './change.ts';
import type { Verdict } from './events.ts';
import type { Pipeline, Promotion, PromotionId, PromotionPhase, StageRecord } from './record.ts';

interface Base {
  readonly actor: string;
  readonly cause: string;
  readonly message: string;
}

interface OfPromotion extends Base {
  readonly environment: EnvironmentName;
  readonly promotion: PromotionId;
  readonly release: ReleaseId;
}

export type Told =
  | (OfPromotion & { readonly kind: 'promotion'; readonly phase: PromotionPhase })
  | (OfPromotion & { readonly kind: 'test'; readonly test: string; readonly verdict: Verdict })
  | (Base & {
      readonly kind: 'stage';
      readonly environment: EnvironmentName;
      readonly what: 'held' | 'released' | 'stopped' | 'resumed' | 'quarantined' | 'approved';
      readonly release?: ReleaseId;
    })
  | (Base & { readonly kind: 'release'; readonly release: ReleaseId })
  | (Base & { readonly kind: 'freeze'; readonly what: 'frozen' | 'thawed'; readonly id: string });

export function told(before: Pipeline, after: Pipeline): Told[] {
  return [
    ...releases(before, after),
    ...freezes(before, after),
    ...Object.values(after.stages).flatMap((stage) =>
      ofStage(stageOf(before, stage.environment), stage, after),
    ),
    ...Object.values(after.promotions).flatMap((each) =>
      ofPromotion(promotionOf(before, each.id), each),
    ),
  ];
}

function ofPromotion(before: Promotion | undefined, after: Promotion): Told[] {
  if (before === after) return [];
  const { id, environment, release, actor, cause, phase, reason } = after;
  const about = { environment, promotion: id, release, actor, cause };
  const verdicts = after.tests.flatMap(({ test, verdict, evidence }, index): Told[] => {
    if (verdict === null || before?.tests[index]?.verdict === verdict) return [];
    const detail = evidence === null || evidence.detail === '' ? '' : `: ${evidence.detail}`;
    const message = `${test} in ${environment}: ${verdict}${detail}`;
    return [{ ...about, kind: 'test', test, verdict, message }];
  });
  if (before?.phase === phase && before.reason === reason) return verdicts;
  const message = `${sentence(after)}${reason === null ? '' : ` (${reason})`}`;
  return [...verdicts, { ...about, kind: 'promotion', phase, message }];
}

function sentence(promotion: Promotion): string {
  const { id, release, environment } = promotion;
  const aim = aimOf(promotion);
  switch (promotion.phase) {
    case 'pending':
      return `${id}: ${release} waits for its turn in ${environment}`;
    case 'blocked':
      return `${id}: ${release} may not enter ${environment} yet`;
    case 'committing':
      return `${id}: versions/${environment}.yaml is to say ${release}`;
    case 'rolling-out':
      return `${id}: ${release} is rolled out to ${environment}`;
    case 'verifying':
      return `${id}: ${release} is tested in ${environment}`;
    case 'rolling-back':
      return `${id}: ${environment} goes back to ${aim}`;
    case 'errored':
      return `${id}: errored in ${environment}, is tried again`;
    case 'paused':
      return `${id}: paused in ${environment}, waits for a person`;
    case 'succeeded':
      return `${id}: ${release} is verified in ${environment}`;
    case 'failed':
      return `${id}: ${release} failed in ${environment}`;
    case 'rolled-back':
      return `${id}: ${environment} is back on ${aim}`;
    case 'rollback-failed':
      return `${id}: ${environment} could not go back to ${aim}`;
    case 'aborted':
      return `${id}: ended before it was done in ${environment}`;
    case 'superseded':
      return `${id}: ${release} gave way in ${environment}`;
  }
}

function ofStage(before: StageRecord | undefined, after: StageRecord, now: Pipeline): Told[] {
  if (before === after) return [];
  const { environment, hold, stopped } = after;
  const about = { kind: 'stage', environment } as const;
  const master = { actor: 'master', cause: 'pipeline' };
  const found: Told[] = [];
  if (hold !== null && hold !== before?.hold) {
    const message = `${environment} is held: ${hold.why}`;
    found.push({ ...about, what: 'held', actor: hold.actor, cause: 'hold', message });
  }
  if (hold === null && before !== undefined && before.hold !== null) {
    found.push({
      ...about,
      ...master,
      what: 'released',
      message: `${environment} is held no more`,
    });
  }
  if (stopped !== null && (before === undefined || before.stopped === null)) {
    const message = `${environment} is stopped: ${stopped.reason}`;
    found.push({ ...about, ...master, what: 'stopped', message });
  }
  if (stopped === null && before !== undefined && before.stopped !== null) {
    found.push({ ...about, ...master, what: 'resumed', message: `${environment} goes on` });
  }
  for (const { release, promotion, reason } of after.quarantined) {
    if (before?.quarantined.some((old) => old.promotion === promotion)) continue;
    const actor = promotionOf(now, promotion)?.actor ?? 'master';
    const message = `${release} is not tried again in ${environment}: ${reason}`;
    found.push({ ...about, what: 'quarantined', release, actor, cause: 'failure', message });
  }
  const news = after.approvals.filter((approval) => before?.approvals.includes(approval) !== true);
  for (const { release, actor } of news) {
    const message = `${release} is approved for ${environment}`;
    found.push({ ...about, what: 'approved', release, actor, cause: 'approve', message });
  }
  return found;
}

function releases(before: Pipeline, after: Pipeline): Told[] {
  if (before.releases === after.releases) return [];
  return Object.values(after.releases)
    .filter(({ order }) => order >= before.next.release)
    .map(({ id, origin, images }) => {
      const tags = images.map(({ name, tag }) => `${name} ${tag}`).join(', ');
      const message = `release ${id} of ${tags}`;
      return { kind: 'release', release: id, actor: origin.actor, cause: origin.kind, message };
    });
}

function freezes(before: Pipeline, after: Pipeline): Told[] {
  if (before.freezes === after.freezes) return [];
  const frozen = after.freezes
    .filter(({ id }) => !before.freezes.some((old) => old.id === id))
    .map(({ id, actor, message, environments }): Told => {
      const where = environments.length === 0 ? 'everything' : environments.join(', ');
      const line = `${id} freezes ${where}: ${message}`;
      return { kind: 'freeze', what: 'frozen', id, actor, cause: 'freeze', message: line };
    });
  const thawed = before.freezes
    .filter(({ id }) => !after.freezes.some((each) => each.id === id))
    .map(({ id, actor }): Told => {
      const message = `${id} is over`;
      return { kind: 'freeze', what: 'thawed', id, actor, cause: 'freeze', message };
    });
  return [...frozen, ...thawed];
}
