// What one decision writes: the head, the hosts that changed, what hosts must run from now on, and
// the history's events; all in one commit, compared with what the decision was based on.

import type { Desire } from '../../protocol/messages.ts';
import type { HostId } from '../../states/ids.ts';
import type { HostState } from '../../states/model.ts';
import type { NewEvent } from '../events.ts';
import type { Compare, Store, Write } from '../store/store.ts';
import { idsOf } from './draft.ts';
import { keys, readDesired, readState, type Versioned } from './keys.ts';
import { isOver, type DesiredRecord, type Rollout } from './record.ts';
import type { Effect } from './reducer.ts';

interface Transition {
  readonly compares: readonly Compare[];
  readonly writes: readonly Write[];
  readonly events: readonly NewEvent[];
  /** To be sent once the rest is durable. */
  readonly desires: readonly { readonly host: HostId; readonly desire: Desire }[];
}

export interface Decided {
  /** Undefined where the rollout begins. */
  readonly before: Rollout | undefined;
  readonly after: Rollout;
  readonly effects: readonly Effect[];
  /** The rollout's own states, where they are not in the store yet. */
  readonly states?: readonly HostState[];
}

export async function transition(store: Pick<Store, 'get'>, decided: Decided): Promise<Transition> {
  const { before, after, effects } = decided;
  const desired = new DesiredChanges(store, decided);
  const desires = new Map<HostId, Desire>();
  const events: NewEvent[] = [];
  for (const effect of effects) {
    if (effect.do === 'tell') events.push(effect.event);
    else if (effect.do === 'settle') await desired.settle(effect.host);
    else desires.set(effect.host, desireOf(await desired.ask(effect)));
  }
  return {
    compares: desired.compares(),
    writes: [...recordWrites(before, after), ...desired.writes()],
    events,
    desires: [...desires].map(([host, desire]) => ({ host, desire })),
  };
}

export const desireOf = (record: DesiredRecord): Desire => {
  const { generation, mode, onFailure, state, jobs } = record;
  return { type: 'desire', generation, mode, onFailure, state, ...(jobs && { jobs }) };
};

/** What stands for "nothing of this environment": also what was before the first rollout. */
export const emptyState = (
  of: Pick<HostState, 'project' | 'environment' | 'release' | 'commit'> & {
    readonly network?: string;
  },
): HostState => ({
  ...{ project: of.project, environment: of.environment, release: of.release, commit: of.commit },
  network: of.network ?? `${of.project}-${of.environment}`,
  containers: [],
});

/** The first time a rollout asks, what stands there is what the host runs. */
function beforeOf(value: DesiredRecord | undefined, rollout: string): HostState | null {
  if (value === undefined) return null;
  return value.rollout === rollout || value.mode === 'pull' ? value.before : value.state;
}

class DesiredChanges {
  readonly #store: Pick<Store, 'get'>;
  readonly #decided: Decided;
  readonly #changed = new Map<HostId, Versioned<DesiredRecord>>();

  constructor(store: Pick<Store, 'get'>, decided: Decided) {
    this.#store = store;
    this.#decided = decided;
  }

  async ask(effect: Extract<Effect, { do: 'desire' }>): Promise<DesiredRecord> {
    const { host, generation, mode, onFailure, jobs } = effect;
    const { value, revision } = await this.#known(host);
    const { after } = this.#decided;
    const good = value?.good ?? null;
    const before = beforeOf(value, after.id);
    // Where nothing was switched nothing is to change, whether or not that has ever proved itself.
    const switched = after.hosts.find((each) => each.host === host)?.switched === true;
    const old = (switched ? good : (before ?? good)) ?? emptyState(after);
    const state = effect.state === 'old' ? old : await this.#newState(host);
    const next = {
      ...{ generation, mode, onFailure, state, good, before, rollout: after.id },
      ...(jobs && { jobs }),
    };
    this.#changed.set(host, { value: next, revision });
    return next;
  }

  async settle(host: HostId): Promise<void> {
    const { value, revision } = await this.#known(host);
    if (value === undefined) throw new Error(`${host} settles on nothing`);
    this.#changed.set(host, { value: { ...value, good: value.state }, revision });
  }

  compares(): readonly Compare[] {
    const { environment } = this.#decided.after;
    return [...this.#changed].map(([host, { revision }]) => ({
      key: keys.desired(environment, host),
      revision,
    }));
  }

  writes(): readonly Write[] {
    const { environment } = this.#decided.after;
    return [...this.#changed].flatMap(([host, { value }]) => [
      { put: keys.desired(environment, host), value },
      // From now on the desired record itself says which generation is the newest.
      { delete: keys.held(environment, host) },
    ]);
  }

  async #known(host: HostId): Promise<Versioned<DesiredRecord>> {
    return (
      this.#changed.get(host) ?? readDesired(this.#store, this.#decided.after.environment, host)
    );
  }

  async #newState(id: HostId): Promise<HostState> {
    const { after, states } = this.#decided;
    const number = after.hosts.find(({ host }) => host === id)?.state ?? -1;
    return states?.[number] ?? readState(this.#store, after.id, number);
  }
}

function recordWrites(before: Rollout | undefined, after: Rollout): readonly Write[] {
  const { hosts, ...head } = after;
  const known = before?.hosts ?? [];
  // A host that did not change is the same object, in the same place unless one was removed.
  const changed = hosts.filter((host, at) => known[at] !== host);
  const left = known.length === hosts.length ? undefined : new Set<string>(idsOf(hosts));
  const gone = left === undefined ? [] : idsOf(known).filter((host) => !left.has(host));
  const busy = keys.busy(after.environment);
  return [
    { put: keys.head(after.id), value: head },
    ...changed.map((host) => ({ put: keys.host(after.id, host.host), value: host })),
    ...gone.map((host) => ({ delete: keys.host(after.id, host) })),
    ...busyWrites(before, after).map((value) =>
      value === undefined ? { delete: busy } : { put: busy, value },
    ),
  ];
}

/** Put when it begins, taken away when it is over; nothing in between. */
function busyWrites(
  before: Rollout | undefined,
  after: Rollout,
): readonly ({ readonly rollout: string } | undefined)[] {
  if (before === undefined) return isOver(after) ? [] : [{ rollout: after.id }];
  return isOver(after) ? [undefined] : [];
}
