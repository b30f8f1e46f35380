// From the answers of a probe to a verdict: when to ask again, and when it is healthy or never will
// be. Pure; it is given the time.

import type { ContainerSpec } from '../../states/model.ts';

export type Patience = Pick<ContainerSpec['healthcheck'], 'intervalMs' | 'startMs' | 'retries'> &
  Pick<ContainerSpec, 'minHealthyMs'>;

interface Watch {
  readonly startedAt: number;
  /** When it first said yes. */
  readonly healthySince: number | undefined;
  /** In a row, since it last said yes. */
  readonly failures: number;
}

export type Verdict =
  /** It has said yes, and has yet to go on doing so. */
  | { readonly is: 'waiting'; readonly againMs: number; readonly ready: boolean }
  | { readonly is: 'healthy' }
  /** It never said yes in the time it was given. */
  | { readonly is: 'late' }
  /** It said yes once, and then no too often. */
  | { readonly is: 'unhealthy' };

export const startWatch = (startedAt: number): Watch => ({
  startedAt,
  healthySince: undefined,
  failures: 0,
});

export function judge(
  watch: Watch,
  ok: boolean,
  now: number,
  patience: Patience,
): [Watch, Verdict] {
  const { intervalMs, startMs, retries, minHealthyMs } = patience;
  if (ok) {
    const healthySince = watch.healthySince ?? now;
    const left = minHealthyMs - (now - healthySince);
    const next = { ...watch, healthySince, failures: 0 };
    if (left <= 0) return [next, { is: 'healthy' }];
    return [next, { is: 'waiting', againMs: Math.min(intervalMs, left), ready: true }];
  }
  const next = { ...watch, failures: watch.failures + 1 };
  if (watch.healthySince !== undefined) {
    if (next.failures >= retries) return [next, { is: 'unhealthy' }];
    return [next, { is: 'waiting', againMs: intervalMs, ready: true }];
  }
  const took = now - watch.startedAt;
  if (took >= startMs) return [next, { is: 'late' }];
  const againMs = Math.min(firstAgainMs(took, intervalMs), startMs - took);
  return [next, { is: 'waiting', againMs, ready: false }];
}

const firstMsMin = 10;

/** So often that being asked a moment too late costs at most a tenth of what the start takes. */
export const firstAgainMs = (tookMs: number, intervalMs: number): number =>
  Math.min(intervalMs, Math.max(firstMsMin, Math.ceil(tookMs / 10)));
