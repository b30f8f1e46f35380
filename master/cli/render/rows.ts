// The rows of the live view: one per (host, service), or per host, in the order of the batches. Says
// what each waits for; how it is painted stands in screen.ts.

import type { HostRolloutView, RolloutView } from '../../api/contract.ts';
import type { HostPhase } from '../../events.ts';
import { busyPhases, type Live, type Work } from '../live.ts';
import { harmless } from './text.ts';
import { duration } from './time.ts';

export type Kind = 'busy' | 'waiting' | 'done' | 'failed';

export interface Row {
  readonly host: string;
  readonly service: string;
  readonly kind: Kind;
  readonly phase: string;
  readonly detail: string;
  readonly since: number;
}

export function rowsOf(live: Live): readonly Row[] {
  const order = batchOrder(live.rollout);
  return [...live.rollout.hosts]
    .sort((a, b) => a.batch - b.batch || compare(a.host, b.host))
    .flatMap((host) => {
      const names = live.services.get(host.host) ?? [];
      const steps = live.work.get(host.host);
      return (names.length > 0 ? names : ['']).map((service) =>
        row({ live, order, host, service, step: steps?.get(service) ?? steps?.get('') }),
      );
    });
}

/** Where a host stands: `{ at: 2, of: 3 }`; the numbers count from 1 as people do. */
export function batchOrder(rollout: RolloutView): ReadonlyMap<number, number> {
  const numbers = [...new Set(rollout.hosts.map((host) => host.batch))].sort((a, b) => a - b);
  return new Map(numbers.map((batch, index) => [batch, index + 1]));
}

interface RowContext {
  readonly live: Live;
  readonly order: ReadonlyMap<number, number>;
  readonly host: HostRolloutView;
  readonly service: string;
  readonly step: Work | undefined;
}

function row(context: RowContext): Row {
  const { host, service, step } = context;
  const base = { host: harmless(host.host), service: harmless(service), since: host.since };
  if (busyPhases.has(host.phase) && step !== undefined) {
    const since = Math.max(step.since, host.since);
    return { ...base, kind: 'busy', phase: step.phase, detail: harmless(step.detail), since };
  }
  return {
    ...base,
    kind: kinds[host.phase],
    phase: host.phase,
    detail: harmless(waitsFor(context)),
  };
}

const kinds: Readonly<Record<HostPhase, Kind>> = {
  queued: 'waiting',
  pulling: 'busy',
  pulled: 'waiting',
  switching: 'busy',
  done: 'done',
  failed: 'failed',
  reverting: 'busy',
  reverted: 'failed',
  'kept-old': 'failed',
  down: 'failed',
  offline: 'failed',
};

function waitsFor({ live, order, host, service }: RowContext): string {
  switch (host.phase) {
    case 'queued':
      return live.rollout.phase === 'pulling' ? 'waits to pull' : turn(live, order, host);
    case 'pulled':
      return live.rollout.phase === 'pulling'
        ? "waits for the others' pulls"
        : turn(live, order, host);
    case 'done':
      return host.gapMs === undefined ? '' : `gap ${duration(host.gapMs)}`;
    case 'failed':
    case 'reverting':
    case 'reverted':
    case 'kept-old':
    case 'down':
      return failureOf(host, service);
    case 'offline':
      return host.detail ?? 'no link; it converges when it is back';
    case 'pulling':
    case 'switching':
      return host.detail ?? '';
  }
}

const turn = (
  { rollout }: Live,
  order: ReadonlyMap<number, number>,
  host: HostRolloutView,
): string =>
  rollout.phase === 'rolling-back'
    ? 'keeps what it runs'
    : `waits for batch ${order.get(host.batch) ?? host.batch}`;

function failureOf(host: HostRolloutView, service: string): string {
  const own = host.failures.find((failure) => failure.service === service);
  return (own ?? host.failures[0])?.message ?? host.detail ?? '';
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
