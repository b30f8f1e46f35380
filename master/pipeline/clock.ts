// The time as the records know it: a clock that was set back makes no wait longer than it was meant to
// be, and the shell is told when it must look again at the latest.

import { pipelineLimits } from './limits.ts';
import { isFinal, type Pipeline, type Promotion, type StageRecord } from './record.ts';

/** Whatever began in the future began now; its end moves with it. */
export function rewound(pipeline: Pipeline, now: number): Pipeline {
  let at = pipeline;
  for (const promotion of Object.values(pipeline.promotions)) {
    if (isFinal(promotion.phase) || promotion.createdAt <= now) {
      if (isFinal(promotion.phase) || promotion.since <= now) continue;
    }
    at = { ...at, promotions: { ...at.promotions, [promotion.id]: earlier(promotion, now) } };
  }
  for (const stage of Object.values(pipeline.stages)) {
    const back = stageRewound(stage, now);
    if (back !== stage) at = { ...at, stages: { ...at.stages, [stage.environment]: back } };
  }
  return at;
}

function earlier(promotion: Promotion, now: number): Promotion {
  const { since, until, createdAt, expiresAt } = promotion;
  const late = Math.max(0, since - now);
  const early = Math.max(0, createdAt - now);
  return {
    ...promotion,
    ...{ since: since - late, until: until === null ? null : until - late },
    ...{ createdAt: createdAt - early, expiresAt: expiresAt - early },
  };
}

function stageRewound(stage: StageRecord, now: number): StageRecord {
  const { owed, verified } = stage;
  const late = verified.some(({ since }) => since !== null && since > now);
  const entries = late
    ? verified.map((entry) =>
        entry.since !== null && entry.since > now ? { ...entry, since: now } : entry,
      )
    : verified;
  if (owed === null || owed.since <= now) return late ? { ...stage, verified: entries } : stage;
  const again = { ...owed, since: now, until: owed.until - (owed.since - now) };
  return { ...stage, owed: again, verified: entries };
}

/** When something will change by the time alone; null while nothing will. */
export function nextWake(pipeline: Pipeline, now: number): number | null {
  const times: (number | null)[] = pipeline.freezes.map(({ until }) => until);
  for (const { phase, until, expiresAt, step } of Object.values(pipeline.promotions)) {
    if (isFinal(phase)) continue;
    times.push(until, step === null ? expiresAt : null);
  }
  for (const { at } of Object.values(pipeline.arrivals)) times.push(at + pipelineLimits.arrivalMs);
  for (const { owed, hold } of Object.values(pipeline.stages)) {
    times.push(owed?.until ?? null, hold?.until ?? null);
  }
  const known = [...times, ...soaks(pipeline)].filter((time) => time !== null);
  const next = Math.min(...known.filter((time) => time > now), Infinity);
  return next === Infinity ? null : next;
}

/** The ends of soaks that a later stage may be waiting for. */
const soaks = ({ definition, stages }: Pipeline): number[] =>
  definition.stages.flatMap(({ after, soakMs }) =>
    after.flatMap((before) =>
      (stages[before]?.verified ?? []).flatMap(({ since }) =>
        since === null ? [] : [since + soakMs],
      ),
    ),
  );
