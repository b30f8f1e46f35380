// How everything stands, put together from the records.

import { fault } from '../../states/faults.ts';
import { parseHostId } from '../../states/ids.ts';
import type { EnvironmentStatus, RolloutView, StatusView } from '../api/contract.ts';
import type { HostBook } from '../hosts.ts';
import {
  environmentsIn,
  hostsAsked,
  readDesired,
  readHeads,
  readObserved,
  readRollout,
} from '../rollout/keys.ts';
import { isOver, type RolloutHead } from '../rollout/record.ts';
import { rolloutView } from '../rollout/view.ts';
import type { Store } from '../store/store.ts';
import { version } from '../version.ts';
import { environmentStatus, type PlacedHost } from '../views/environment.ts';
import type { HostRecord } from '../views/hosts.ts';
import type { StatesReader } from './states.ts';

export interface StatusOptions {
  readonly store: Store;
  readonly hosts: HostBook;
  readonly states: StatesReader;
  readonly connected: () => readonly string[];
  readonly source: { readonly url: string; readonly ref: string };
}

const historyMax = 50;

export async function statusView(
  options: StatusOptions,
  environment: string | undefined,
): Promise<StatusView> {
  const { store, states, source } = options;
  const { project, environments, commit, error } = states.known;
  const names = [...new Set([...environments, ...(await environmentsIn(store))])];
  const records = await options.hosts.all();
  const wanted = names.filter((name) => environment === undefined || name === environment);
  const linked = new Set(options.connected());
  const hosts = { records: new Map(records.map((record) => [record.id, record])), linked };
  return {
    version: version(),
    project,
    states: { url: source.url, ref: source.ref, commit, error },
    environments: await Promise.all(wanted.map((name) => oneEnvironment(store, name, hosts))),
    hosts: {
      total: records.length,
      online: records.filter(({ id }) => linked.has(id)).length,
    },
  };
}

export async function history(store: Store, environment: string): Promise<readonly RolloutView[]> {
  const heads = await readHeads(store, environment);
  return Promise.all(heads.slice(0, historyMax).map((head) => whole(store, head)));
}

/** Throws UNKNOWN_NAME. */
export async function oneRollout(store: Store, id: string): Promise<RolloutView> {
  const rollout = await readRollout(store, id);
  if (rollout === undefined) throw fault('UNKNOWN_NAME', `there is no rollout ${id}`);
  return rolloutView(rollout);
}

interface Hosts {
  readonly records: ReadonlyMap<string, HostRecord>;
  readonly linked: ReadonlySet<string>;
}

async function oneEnvironment(
  store: Store,
  environment: string,
  hosts: Hosts,
): Promise<EnvironmentStatus> {
  const heads = await readHeads(store, environment);
  const shown = [
    heads.find((head) => !isOver(head)),
    heads.find((head) => isOver(head)),
    heads.find(({ phase }) => phase === 'succeeded'),
  ];
  const ids = new Set(shown.map((head) => head?.id));
  const rollouts = await Promise.all(
    heads.filter(({ id }) => ids.has(id)).map((head) => whole(store, head)),
  );
  const names = await hostsAsked(store, environment);
  const placed = await Promise.all(
    names.map((name) => placedHost(store, { environment, name }, hosts)),
  );
  return environmentStatus({ environment, rollouts, hosts: placed.flat() });
}

/** Empty for a host that is no longer there, or no longer runs anything of the environment. */
async function placedHost(
  store: Store,
  { environment, name }: { readonly environment: string; readonly name: string },
  { records, linked }: Hosts,
): Promise<readonly PlacedHost[]> {
  const id = parseHostId(name);
  const record = records.get(name);
  if (id === undefined || record === undefined) return [];
  const [desired, observed] = await Promise.all([
    readDesired(store, environment, id),
    readObserved(store, environment, id),
  ]);
  if (desired.value === undefined) return [];
  const running = observed.value?.running.length ?? 0;
  if (desired.value.state.containers.length === 0 && running === 0) return [];
  const { lastSeen } = record;
  return [
    {
      ...{ host: id, online: linked.has(id), lastSeen },
      ...{ desired: desired.value, observed: observed.value },
    },
  ];
}

async function whole(store: Store, head: RolloutHead): Promise<RolloutView> {
  const rollout = await readRollout(store, head.id);
  return rolloutView(rollout ?? { ...head, hosts: [] });
}
