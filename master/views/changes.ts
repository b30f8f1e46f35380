// What a plan changes in each service of a host, old → new: the new spec beside the one that its
// container was made from. Pure. The host tells a container's name, which says by its hash what it was
// made from; the master knows the specs that it asked for. Where neither has it, the image is told.

import { differences, type Difference } from '../../states/differences.ts';
import type { ContainerSpec, HostState } from '../../states/model.ts';
import { containerName } from '../../states/naming.ts';
import { shortDigest } from '../../states/spec-words.ts';
import type { Running } from '../../protocol/messages.ts';
import type { Switch } from '../../states/step.ts';
import type { ServiceChange } from '../api/contract.ts';

interface ChangesOf {
  readonly state: HostState;
  /** What the host was asked for until now, the newest first. */
  readonly asked: readonly HostState[];
  readonly running: readonly Running[];
  readonly switches: readonly Switch[];
}

export const serviceChanges = (of: ChangesOf): readonly ServiceChange[] =>
  of.switches.map((place) => serviceChange(of, place));

function serviceChange(of: ChangesOf, { service, slot, order }: Switch): ServiceChange {
  const after = specAt(of.state, { service, slot });
  const runs = of.running.find((each) => each.service === service && each.slot === slot);
  const before = runs === undefined ? lastAsked(of, { service, slot }) : madeFrom(of, runs);
  const place = { service, slot };
  if (runs !== undefined && before === undefined) {
    return { ...place, kind: kindOf(order, true), known: false, differences: byImage(runs, after) };
  }
  const found = differences(before, after);
  const kind = found.length === 0 ? 'again' : kindOf(order, before !== undefined);
  return { ...place, kind, known: true, differences: found };
}

const kindOf = (order: Switch['order'], before: boolean): ServiceChange['kind'] =>
  order === 'removal' ? 'removed' : before ? 'changed' : 'new';

interface Place {
  readonly service: string;
  readonly slot: number;
}

const specAt = ({ containers }: HostState, { service, slot }: Place): ContainerSpec | undefined =>
  containers.find((spec) => spec.service === service && spec.slot === slot);

const madeFrom = (of: ChangesOf, { container, ...place }: Running): ContainerSpec | undefined =>
  [...of.asked, of.state].flatMap((state) => {
    const spec = specAt(state, place);
    return spec !== undefined && containerName({ ...state, spec }) === container ? [spec] : [];
  })[0];

/** Nothing runs there: it is compared with what should. */
const lastAsked = ({ asked }: ChangesOf, place: Place): ContainerSpec | undefined =>
  asked[0] === undefined ? undefined : specAt(asked[0], place);

function byImage({ image, tag }: Running, after: ContainerSpec | undefined): Difference[] {
  const [repository = '', digest = ''] = image.split('@');
  if (after?.image.repository === repository && after.image.digest === digest) return [];
  const from = image === '' ? 'not known' : `${tag ?? repository} (${shortDigest(digest)})`;
  const to = after && `${after.image.name} ${after.image.tag} (${shortDigest(after.image.digest)})`;
  return [{ what: 'image', from, to: to ?? null }];
}
