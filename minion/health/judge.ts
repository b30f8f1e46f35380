// From the answers of a probe to a verdict: when to ask again, and when it is healthy or never will
// be. Pure; it is given the time.

import type { ContainerSpec } from '../../states/model.ts';

export type Patience = Pick<ContainerSpec['healthcheck'], 'intervalMs' | 'startMs' | 'retries'> &
  Pick<ContainerSpec, 'minHealthyMs'>;

interface Watch {
  readonly startedAt: number;
  /** When it first said yes. */
  readonly readyAt: number | undefined;
  /** Since when it has said nothing but yes. */
  readonly healthySince: number | undefined;
  /** In a row, since it last said yes. */
  readonly failures: number;
  /** Of the probes since it was ready. */
  readonly counts: Counts;
}

interface Counts {
  readonly asked: number;
  readonly failed: number;
}

export type Verdict =
  /** It has said yes, and has yet to go on doing so. */
  | { readonly is: 'waiting'; readonly againMs: number; readonly ready: boolean }
  | { readonly is: 'healthy' }
  /** It never said yes in the time it was given. */
  | { readonly is: 'late' }
  /** It said yes once, and then no too often in a row. */
  | { readonly is: 'unhealthy' }
  /** It says yes and no by turns, and there is no time left to go on with yes for long enough. */
  | ({ readonly is: 'flapping' } & Counts);

export const startWatch = (startedAt: number): Watch => ({
  startedAt,
  readyAt: undefined,
  healthySince: undefined,
  failures: 0,
  counts: { asked: 0, failed: 0 },
});

export function judge(
  watch: Watch,
  ok: boolean,
  now: number,
  patience: Patience,
): [Watch, Verdict] {
  const { intervalMs, startMs } = patience;
  const next = answered(watch, ok, now);
  if (next.readyAt !== undefined) {
    return [next, judgeReady(next, next.readyAt, now, patience)];
  }
  const took = now - watch.startedAt;
  if (took >= startMs) return [next, { is: 'late' }];
  const againMs = Math.min(firstAgainMs(took, intervalMs), startMs - took);
  return [next, { is: 'waiting', againMs, ready: false }];
}

function answered(watch: Watch, ok: boolean, now: number): Watch {
  const readyAt = watch.readyAt ?? (ok ? now : undefined);
  const { asked, failed } = watch.counts;
  return {
    ...watch,
    readyAt,
    healthySince: ok ? (watch.healthySince ?? now) : undefined,
    failures: ok ? 0 : watch.failures + 1,
    ...(readyAt !== undefined && { counts: { asked: asked + 1, failed: failed + (ok ? 0 : 1) } }),
  };
}

function judgeReady(watch: Watch, readyAt: number, now: number, patience: Patience): Verdict {
  const { intervalMs, retries, minHealthyMs } = patience;
  const { healthySince, failures, counts } = watch;
  if (failures >= retries) return { is: 'unhealthy' };
  const healthyAt = (healthySince ?? now) + minHealthyMs;
  if (healthySince !== undefined && healthyAt <= now) return { is: 'healthy' };
  if (healthyAt > deadlineOf(watch, readyAt, patience)) return { is: 'flapping', ...counts };
  const againMs = healthySince === undefined ? intervalMs : Math.min(intervalMs, healthyAt - now);
  return { is: 'waiting', againMs, ready: true };
}

/** The end of the time it has for its start; who was ready only late may begin once more. */
const deadlineOf = (
  { startedAt }: Watch,
  readyAt: number,
  { startMs, minHealthyMs }: Patience,
): number => Math.max(startedAt + startMs, readyAt + 2 * minHealthyMs);

const firstMsMin = 10;

/** So often that being asked a moment too late costs at most a tenth of what the start takes. */
export const firstAgainMs = (tookMs: number, intervalMs: number): number =>
  Math.min(intervalMs, Math.max(firstMsMin, Math.ceil(tookMs / 10)));
