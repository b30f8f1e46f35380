// What makes a plan impossible on this host: ports and names that others have.

import { groupBy } from '../group-by.ts';
import type { PortBinding } from '../model.ts';
import type { Observed } from '../observed.ts';
import { hostSide, portsClash } from '../ports.ts';
import type { PlanProblem } from '../step.ts';
import type { Slot } from './slots.ts';

export const problemsOf = (slots: readonly Slot[], observed: Observed): readonly PlanProblem[] => [
  ...(observed.forbidden ?? []),
  ...slots.flatMap((slot) => takenPorts(slot, observed)),
  ...slots.flatMap((slot) => takenNames(slot, observed)),
  ...wantedTwice(slots),
];

/** One that runs has its ports already. */
const takesPorts = ({ todo }: Slot): boolean => todo === 'create' || todo === 'start';

function takenPorts(slot: Slot, { taken }: Observed): PlanProblem[] {
  if (!takesPorts(slot)) return [];
  const { service, ports } = slot.spec;
  return ports.flatMap((port) => {
    const holder = taken.find((held) => portsClash(hostSide(port), held));
    if (holder === undefined) return [];
    return portTaken(service, port, `held by the container ${JSON.stringify(holder.container)}`);
  });
}

function takenNames({ todo, spec, name }: Slot, { foreignNames }: Observed): PlanProblem[] {
  if (todo !== 'create' || !foreignNames.includes(name)) return [];
  const message = `the name ${JSON.stringify(name)} belongs to a container that is not ours`;
  return [{ code: 'NAME_TAKEN', service: spec.service, message }];
}

/** The language refuses such states; this is for one that comes another way. */
function wantedTwice(slots: readonly Slot[]): PlanProblem[] {
  const wanted = slots.flatMap(({ spec }) => spec.ports.map((port) => ({ spec, port })));
  const numbers = groupBy(wanted, ({ port }) => port.host);
  return [...numbers.values()].flatMap((same) =>
    same.flatMap(({ spec, port }, index) => {
      const first = same
        .slice(0, index)
        .find((other) => portsClash(hostSide(other.port), hostSide(port)));
      if (first === undefined) return [];
      return portTaken(spec.service, port, `wanted by ${first.spec.service} too`);
    }),
  );
}

const portTaken = (service: string, port: PortBinding, why: string): PlanProblem[] => [
  { code: 'PORT_TAKEN', service, message: `port ${port.host}/${port.protocol} is ${why}` },
];
