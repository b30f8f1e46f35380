// How everything stands, put together from the records.

import { fault } from '../../states/faults.ts';
import { parseHostId } from '../../states/ids.ts';
import type { EnvironmentStatus, RolloutView, StatusView } from '../api/contract.ts';
import { unknownName } from '../../states/unknown-name.ts';
import type { HostBook } from '../hosts.ts';
import type { Pipeline } from '../pipeline/record.ts';
import { environmentsIn, readHeads, readObserved, readRollout } from '../rollout/keys.ts';
import { isOver, type DesiredRecord, type RolloutHead } from '../rollout/record.ts';
import { rolloutView } from '../rollout/view.ts';
import type { Store } from '../store/store.ts';
import { version } from '../version.ts';
import { environmentStatus, type PlacedHost } from '../views/environment.ts';
import { dockerDownSince, type HostRecord } from '../views/hosts.ts';
import { allDesired, pendingOf } from './pending.ts';
import type { StatesReader } from './states.ts';

export interface StatusOptions {
  readonly store: Store;
  readonly hosts: HostBook;
  readonly states: StatesReader;
  readonly connected: () => readonly string[];
  readonly pipeline: () => Pipeline;
  /** A rollout with what its hosts do at this moment. */
  readonly atWork: (view: RolloutView) => RolloutView;
  readonly source: { readonly url: string; readonly ref: string };
}

const historyMax = 50;

export async function statusView(
  options: StatusOptions,
  environment: string | undefined,
): Promise<StatusView> {
  const { states, source } = options;
  const { project, commit, error } = states.known;
  const records = await options.hosts.all();
  const linked = new Set(options.connected());
  const hosts = { records: new Map(records.map((record) => [record.id, record])), linked };
  const names = environment === undefined ? await allNames(options) : [environment];
  const all = await Promise.all(names.map((name) => oneEnvironment(options, name, hosts)));
  const named = new Set<string>(states.known.environments);
  return {
    version: version(),
    project,
    states: { url: source.url, ref: source.ref, commit, error },
    // One that was removed to its last container is history.
    environments: all.filter((each) => named.has(each.environment) || isThere(each)),
    hosts: {
      total: records.length,
      online: records.filter(({ id }) => linked.has(id)).length,
    },
  };
}

const isThere = ({ hosts, current }: EnvironmentStatus): boolean =>
  hosts.length > 0 || current !== null;

/** Those of the states, and those of which something was ever asked. */
const allNames = async ({ store, states }: StatusOptions): Promise<readonly string[]> => [
  ...new Set([...states.known.environments, ...(await environmentsIn(store))]),
];

/** Throws UNKNOWN_NAME for what never was an environment. */
export async function history(
  options: StatusOptions,
  environment: string,
): Promise<readonly RolloutView[]> {
  const heads = await readHeads(options.store, environment);
  const names = heads.length > 0 ? [environment] : await allNames(options);
  if (!names.includes(environment)) throw unknownName('environment is named', environment, names);
  return Promise.all(heads.slice(0, historyMax).map((head) => whole(options, head)));
}

/** Throws UNKNOWN_NAME. */
export async function oneRollout(
  { store, atWork }: Pick<StatusOptions, 'store' | 'atWork'>,
  id: string,
): Promise<RolloutView> {
  const rollout = await readRollout(store, id);
  if (rollout === undefined) throw fault('UNKNOWN_NAME', `there is no rollout ${id}`);
  return atWork(rolloutView(rollout));
}

interface Hosts {
  readonly records: ReadonlyMap<string, HostRecord>;
  readonly linked: ReadonlySet<string>;
}

async function oneEnvironment(
  options: StatusOptions,
  environment: string,
  hosts: Hosts,
): Promise<EnvironmentStatus> {
  const { store } = options;
  const heads = await readHeads(store, environment);
  const shown = [
    heads.find((head) => !isOver(head)),
    heads.find((head) => isOver(head)),
    heads.find(({ phase }) => phase === 'succeeded'),
  ];
  const ids = new Set(shown.map((head) => head?.id));
  const rollouts = await Promise.all(
    heads.filter(({ id }) => ids.has(id)).map((head) => whole(options, head)),
  );
  const busy = rollouts.some(({ endedAt }) => endedAt === null);
  // Read once: of a large fleet it is most of the work.
  const all = await allDesired(store, environment);
  const pending = busy ? null : await pendingOf(options, options.pipeline(), environment, all);
  const placed = await Promise.all(
    [...all].map(([name, desired]) => placedHost(store, { environment, name, desired }, hosts)),
  );
  return environmentStatus({ environment, rollouts, pending, hosts: placed.flat() });
}

interface Asked {
  readonly environment: string;
  readonly name: string;
  readonly desired: DesiredRecord;
}

/** Empty for a host that is no longer there, or no longer runs anything of the environment. */
async function placedHost(
  store: Store,
  { environment, name, desired }: Asked,
  { records, linked }: Hosts,
): Promise<readonly PlacedHost[]> {
  const id = parseHostId(name);
  const record = records.get(name);
  if (id === undefined || record === undefined) return [];
  const observed = await readObserved(store, environment, id);
  const running = observed.value?.report.running.length ?? 0;
  if (desired.state.containers.length === 0 && running === 0) return [];
  const { lastSeen, away = false } = record;
  const down = dockerDownSince(record);
  return [
    {
      ...{ host: id, online: linked.has(id), lastSeen, away },
      ...(down !== undefined && { dockerDownSince: down }),
      ...{ desired, observed: observed.value?.report },
    },
  ];
}

async function whole(
  { store, atWork }: Pick<StatusOptions, 'store' | 'atWork'>,
  head: RolloutHead,
): Promise<RolloutView> {
  const rollout = await readRollout(store, head.id);
  return atWork(rolloutView(rollout ?? { ...head, hosts: [] }));
}
