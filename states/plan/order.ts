// In which order slots are switched, and which of them must be switched together.

import { groupBy } from '../group-by.ts';
import type { ObservedContainer } from '../observed.ts';
import { hostSide, portsClash } from '../ports.ts';
import type { ContainerSpec } from '../model.ts';
import type { Slot } from './slots.ts';

/** Services come after those they need; what needs nothing keeps its place. A circle is cut. */
export function inNeedsOrder(slots: readonly Slot[]): readonly Slot[] {
  const byService = groupBy(slots, ({ spec }): string => spec.service);
  const ordered = new Set<Slot>();
  const entered = new Set<string>();
  const enter = (service: string): void => {
    if (entered.has(service)) return;
    entered.add(service);
    const own = byService.get(service) ?? [];
    for (const { spec } of own) spec.needs.forEach(enter);
    for (const slot of own) ordered.add(slot);
  };
  for (const { spec } of slots) enter(spec.service);
  return [...ordered];
}

/**
 * Runs of neighbours. Most hold one slot; where a slot needs a port that the old container of another
 * one holds, both and all between them are switched as one, so that neither waits for the health of
 * the other while it is down.
 */
export function groupsOf(slots: readonly Slot[]): readonly (readonly Slot[])[] {
  const reach = slots.map((_, index) => index);
  for (const [from, to] of entangled(slots)) reach[from] = Math.max(reach[from] ?? from, to);
  const groups: Slot[][] = [];
  let end = -1;
  slots.forEach((slot, index) => {
    if (index > end) groups.push([]);
    groups.at(-1)?.push(slot);
    end = Math.max(end, reach[index] ?? index);
  });
  return groups;
}

/** Pairs of places, the smaller first, of which one needs a port that the other's old one holds. */
function* entangled(slots: readonly Slot[]): Generator<readonly [number, number]> {
  const held = slots.flatMap(({ old }, index) => old.map((container) => ({ container, index })));
  const numbers = groupBy(
    held.flatMap((holder) => holder.container.hostPorts.map(({ port }) => ({ ...holder, port }))),
    ({ port }) => port,
  );
  for (const [index, slot] of slots.entries()) {
    if (!isToStart(slot)) continue;
    for (const port of slot.spec.ports) {
      for (const holder of numbers.get(port.host) ?? []) {
        if (holder.index === index || portNeeded(slot.spec, holder.container) === undefined)
          continue;
        yield [Math.min(index, holder.index), Math.max(index, holder.index)];
      }
    }
  }
}

export const isToStart = ({ todo }: Slot): boolean =>
  todo === 'create' || todo === 'start' || todo === 'restart';

/** The first port of the spec that the container holds, as `8080/tcp`. */
export function portNeeded(spec: ContainerSpec, container: ObservedContainer): string | undefined {
  const needed = spec.ports.find((port) =>
    container.hostPorts.some((held) => portsClash(hostSide(port), held)),
  );
  return needed === undefined ? undefined : `${needed.host}/${needed.protocol}`;
}
