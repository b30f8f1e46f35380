// What a follower knows of one rollout, grown item by item from the stream. Pure: the screen, the
// pipe and the tests all read this.

import type { HostRolloutView, PlanView, RolloutView } from '../api/contract.ts';
import type { BrineEvent, HostPhase, LiveProgress, StreamItem } from '../events.ts';

export interface Work {
  readonly phase: string;
  readonly detail: string;
  readonly since: number;
}

export interface Live {
  readonly rollout: RolloutView;
  /** Services per host, in the order they are shown; rows never move once they stand. */
  readonly services: ReadonlyMap<string, readonly string[]>;
  /** The newest step by host, then by service; '' where it concerns the whole host. */
  readonly work: ReadonlyMap<string, ReadonlyMap<string, Work>>;
  /** Since when the master is away; null while it answers. */
  readonly lostSince: number | null;
}

export function startLive(rollout: RolloutView, plan?: PlanView): Live {
  const services = new Map<string, readonly string[]>();
  for (const host of rollout.hosts) {
    const planned = plan?.hosts.find((each) => each.host === host.host);
    const names = [...(planned?.switches ?? []), ...host.running].map(({ service }) => service);
    const working = (host.work ?? []).map(({ service }) => service).filter((name) => name !== '');
    services.set(host.host, [...new Set([...names, ...working])].sort());
  }
  return { rollout, services, work: workOf(rollout), lostSince: null };
}

/** What the master knew already when it was asked. */
const workOf = ({ hosts }: RolloutView): Live['work'] =>
  new Map(
    hosts.map(({ host, work = [] }) => [
      host,
      new Map(work.map(({ service, ...step }) => [service, step])),
    ]),
  );

export function withItem(live: Live, item: StreamItem): Live {
  if (item.kind === 'progress') return withProgress(live, item);
  if (item.kind === 'output' || item.rollout !== live.rollout.id) return live;
  if (item.kind === 'rollout') {
    const why = item.why ?? live.rollout.why;
    return { ...live, rollout: { ...live.rollout, phase: item.phase, why } };
  }
  return item.kind === 'host' ? withHost(live, item) : live;
}

export const busyPhases: ReadonlySet<HostPhase> = new Set(['pulling', 'switching', 'reverting']);

function withProgress(live: Live, item: LiveProgress): Live {
  if (item.rollout !== undefined && item.rollout !== live.rollout.id) return live;
  if (!live.rollout.hosts.some((host) => host.host === item.host)) return live;
  const service = item.progress.service ?? '';
  const before = live.work.get(item.host);
  const last = before?.get(service);
  const { phase, detail } = item.progress;
  const since = last?.phase === phase ? last.since : item.at;
  const ofHost = new Map(before).set(service, { phase, detail, since });
  return {
    ...live,
    work: new Map(live.work).set(item.host, ofHost),
    services: withService(live.services, item.host, service),
  };
}

function withService(known: Live['services'], host: string, service: string): Live['services'] {
  const names = known.get(host) ?? [];
  if (service === '' || names.includes(service)) return known;
  return new Map(known).set(host, [...names, service]);
}

function withHost(live: Live, event: BrineEvent & { kind: 'host' }): Live {
  const { host } = event;
  if (host === undefined) return live;
  const known = live.rollout.hosts.find((each) => each.host === host);
  // Who joins late is told everything from the beginning, and knows better already.
  if (known !== undefined && event.at < known.since) return live;
  const next = changedHost(known ?? newcomer(live.rollout, host), event);
  const hosts =
    known === undefined
      ? [...live.rollout.hosts, next]
      : live.rollout.hosts.map((each) => (each === known ? next : each));
  // Steps of the phase that is over say nothing about the next one.
  const work = new Map(live.work);
  if (known?.phase !== event.phase) work.delete(host);
  return { ...live, rollout: { ...live.rollout, hosts }, work };
}

function changedHost(host: HostRolloutView, event: BrineEvent & { kind: 'host' }): HostRolloutView {
  return {
    ...host,
    phase: event.phase,
    since: host.phase === event.phase ? host.since : event.at,
    ...(event.gapMs === undefined ? {} : { gapMs: event.gapMs }),
    failures: event.failures ?? host.failures,
  };
}

/** A host that came back while the rollout ran joins behind the others. */
const newcomer = (rollout: RolloutView, host: string): HostRolloutView => ({
  host,
  phase: 'queued',
  batch: Math.max(0, ...rollout.hosts.map((each) => each.batch)) + 1,
  since: rollout.startedAt,
  failures: [],
  running: [],
});
