// From the old containers to the new ones, group by group: what must stop first, the starts, their
// health, then what could run on until here. Old containers are stopped and kept.

import type { ContainerSpec } from '../model.ts';
import type { ObservedContainer } from '../observed.ts';
import type { Step, Switch } from '../step.ts';
import { graceOf, stop } from './acts.ts';
import { groupsOf, isToStart, portNeeded } from './order.ts';
import {
  replaced,
  unwanted,
  whyAwait,
  whyRestart,
  whyStart,
  whyStopped,
  type Order,
} from './reasons.ts';
import { isLive, type Slot } from './slots.ts';

export interface Switched {
  readonly steps: readonly Step[];
  readonly switches: readonly Switch[];
  /** Those of `gone` that are stopped here, because a wanted one needs their port. */
  readonly stopped: ReadonlySet<ObservedContainer>;
}

/** Slots in the order in which they are to be switched. */
export function switchAll(slots: readonly Slot[], gone: readonly ObservedContainer[]): Switched {
  const stopped = new Set<ObservedContainer>();
  const done = groupsOf(slots).map((group) => {
    const starting = group.filter(isToStart);
    const inTheWay = gone.flatMap((container) => {
      const step = stopped.has(container) ? undefined : stopForPort(container, starting);
      if (step !== undefined) stopped.add(container);
      return step ?? [];
    });
    return switchGroup(group, inTheWay);
  });
  return {
    steps: done.flatMap(({ steps }) => steps),
    switches: done.flatMap(({ switches }) => switches),
    stopped,
  };
}

function stopForPort(container: ObservedContainer, starting: readonly Slot[]): Step | undefined {
  if (!isLive(container)) return undefined;
  const taker = takerOf(container, starting);
  if (taker === undefined) return undefined;
  return stop(container, graceOf(container), `${unwanted}, and ${taker}`);
}

/** Who needs a port of the container, in words. */
function takerOf(container: ObservedContainer, starting: readonly Slot[]): string | undefined {
  for (const { spec } of starting) {
    const port = portNeeded(spec, container);
    if (port !== undefined) return `${spec.service} needs its port ${port}`;
  }
  return undefined;
}

/** One that does not run serves nobody, and may take its port back at any moment: it stops first. */
function whyFirst(
  container: ObservedContainer,
  slot: Slot,
  starting: readonly Slot[],
): string | undefined {
  if (container.status !== 'running') return whyStopped(container);
  return takerOf(container, starting) ?? (isToStart(slot) ? whyAsked(slot.spec) : undefined);
}

/** Nobody says of a program that a second one may write the same files, unless the order is asked for. */
function whyAsked({ order, mounts }: ContainerSpec): string | undefined {
  if (order === 'stop-first') return 'its order is stop-first';
  const shared = mounts.find(({ readOnly }) => !readOnly);
  if (order === 'start-first' || shared === undefined) return undefined;
  return `two would write ${shared.source}`;
}

function switchGroup(
  group: readonly Slot[],
  inTheWay: readonly Step[],
): Pick<Switched, 'steps' | 'switches'> {
  const starting = group.filter(isToStart);
  const first: Step[] = [...inTheWay];
  const last: Step[] = [];
  const orders = new Map<Slot, Order>();
  for (const slot of group) {
    const { stop: ending, drain } = slot.spec;
    for (const container of slot.old) {
      const why = whyFirst(container, slot, starting);
      const step = stop(container, ending.timeoutMs, why ?? replaced);
      // What does not run as it should has nobody left to wait for.
      const asked = drain !== undefined && isWell(container);
      (why === undefined ? last : first).push(asked ? { ...step, drain } : step);
    }
    orders.set(slot, orderOf(slot, starting));
  }
  const starts = starting.map((slot) => startStep(slot, orders.get(slot) ?? 'first-start'));
  const awaits = group.filter(({ todo }) => todo !== 'nothing').map(awaitStep);
  const changed = group.filter((slot) => isToStart(slot) || slot.old.length > 0);
  return {
    steps: [...first, ...starts, ...awaits, ...last],
    switches: changed.map((slot) =>
      switchOf(slot, orders.get(slot) ?? 'first-start', starting.length),
    ),
  };
}

const isWell = ({ status, health }: ObservedContainer): boolean =>
  status === 'running' && health !== 'unhealthy';

function orderOf(slot: Slot, starting: readonly Slot[]): Order {
  if (slot.todo === 'nothing') return 'start-first';
  const stopsFirst = slot.old.some(
    (container) => whyFirst(container, slot, starting) !== undefined,
  );
  if (stopsFirst) return 'stop-first';
  if (slot.old.length > 0) return 'start-first';
  return slot.todo === 'restart' ? 'stop-first' : 'first-start';
}

function startStep(slot: Slot, order: Order): Step {
  const { name: container, spec } = slot;
  return slot.todo === 'restart'
    ? { do: 'restart', container, spec, reason: whyRestart(slot) }
    : { do: 'start', container, spec, reason: whyStart(slot, order) };
}

const awaitStep = (slot: Slot): Step => ({
  do: 'await-healthy',
  container: slot.name,
  spec: slot.spec,
  reason: whyAwait(slot),
});

/** Seen by a client of a port on a bridge, everything prepared before: 640–740 ms; PEERS §1. */
const stopFirstGapMs = 650;
/** The Engine does one start after the other, each about this long; PEERS §1. */
const startMs = 300;

function switchOf({ spec }: Slot, order: Order, starts: number): Switch {
  const gapMs = order === 'stop-first' ? stopFirstGapMs + (starts - 1) * startMs : 0;
  return { service: spec.service, slot: spec.slot, order, gapMs };
}
