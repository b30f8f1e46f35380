// Where a rollout's records stand in the store, and how they are read. What comes out of the store has
// been parsed here.

import { hostState } from '../../protocol/state-schema.ts';
import type { HostState } from '../../states/model.ts';
import type { Entry, Store } from '../store/store.ts';
import { inTurn } from './batches.ts';
import {
  desiredRecord,
  heldRecord,
  observedRecord,
  rolloutHead,
  rolloutHost,
  type DesiredRecord,
  type ObservedRecord,
  type Rollout,
  type RolloutHead,
} from './record.ts';

export const keys = {
  heads: 'rollouts/',
  head: (id: string) => `rollouts/${id}`,
  hosts: (id: string) => `rollout-hosts/${id}/`,
  host: (id: string, host: string) => `rollout-hosts/${id}/${host}`,
  /** The different states that the rollout gives to hosts, numbered. */
  states: (id: string) => `rollout-states/${id}/`,
  state: (id: string, state: number) => `rollout-states/${id}/${state}`,
  /** Which rollout an environment is busy with; absent where none is. */
  busy: (environment: string) => `busy/${environment}`,
  desired: (environment: string, host: string) => `desired/${environment}/${host}`,
  observed: (environment: string, host: string) => `observed/${environment}/${host}`,
  allHeld: 'held/',
  held: (environment: string, host: string) => `held/${environment}/${host}`,
  /** The newest drift of the host that was told. */
  drift: (host: string) => `drifts/${host}`,
} as const;

type Read = Pick<Store, 'get' | 'range'>;
type ReadOne = Pick<Store, 'get'>;

export async function readHead(store: ReadOne, id: string): Promise<RolloutHead | undefined> {
  const entry = await store.get(keys.head(id));
  return entry === undefined ? undefined : rolloutHead.parse(entry.value);
}

export async function readRollout(store: Read, id: string): Promise<Rollout | undefined> {
  const head = await readHead(store, id);
  if (head === undefined) return undefined;
  const hosts = await store.range(keys.hosts(id));
  return { ...head, hosts: hosts.map(({ value }) => rolloutHost.parse(value)).sort(inTurn) };
}

/** Of one environment, from new to old. */
export async function readHeads(store: Read, environment: string): Promise<readonly RolloutHead[]> {
  const entries = await store.range(keys.heads);
  return entries
    .map(({ value }) => rolloutHead.parse(value))
    .filter((head) => head.environment === environment)
    .sort((one, two) => numberOf(two.id) - numberOf(one.id));
}

const numberOf = (id: string): number => Number(id.slice(1));

export async function readState(store: ReadOne, id: string, state: number): Promise<HostState> {
  const entry = await store.get(keys.state(id, state));
  if (entry === undefined) throw new Error(`${id} has no state ${state}`);
  return hostState.parse(entry.value);
}

/** A record with the revision that a change of it has to name; 0 where there is none yet. */
export interface Versioned<T> {
  readonly value: T | undefined;
  readonly revision: number;
}

const versioned = <T>(entry: Entry | undefined, parse: (raw: unknown) => T): Versioned<T> =>
  entry === undefined
    ? { value: undefined, revision: 0 }
    : { value: parse(entry.value), revision: entry.revision };

export const readDesired = async (
  store: ReadOne,
  environment: string,
  host: string,
): Promise<Versioned<DesiredRecord>> =>
  versioned(await store.get(keys.desired(environment, host)), (raw) => desiredRecord.parse(raw));

/** What the host runs or is to run there: what only pulls still runs what was before. */
export async function heldBy(
  store: ReadOne,
  environment: string,
  host: string,
): Promise<readonly HostState[]> {
  const { value } = await readDesired(store, environment, host);
  if (value === undefined) return [];
  const before = value.mode === 'pull' ? value.before : null;
  return before === null ? [value.state] : [value.state, before];
}

export const readObserved = async (
  store: ReadOne,
  environment: string,
  host: string,
): Promise<Versioned<ObservedRecord>> =>
  versioned(await store.get(keys.observed(environment, host)), (raw) => observedRecord.parse(raw));

/** The newest generation that a host says it holds where the master has asked it for nothing. */
export const readHeld = async (
  store: ReadOne,
  environment: string,
  host: string,
): Promise<number> =>
  versioned(await store.get(keys.held(environment, host)), (raw) => heldRecord.parse(raw)).value
    ?.generation ?? 0;

/** The number of the newest rollout there is; 0 where there is none. */
export async function newestNumber(store: Read): Promise<number> {
  const entries = await store.range(keys.heads);
  return Math.max(0, ...entries.map(({ key }) => numberOf(key.slice(keys.heads.length))));
}

/** Environments in which some host was asked for something. */
export const environmentsAsked = (store: Read): Promise<readonly string[]> =>
  environmentsBelow(store, ['desired/']);

/** Environments in which some host was asked for something, or says so itself. */
export const environmentsIn = (store: Read): Promise<readonly string[]> =>
  environmentsBelow(store, ['desired/', keys.allHeld]);

async function environmentsBelow(
  store: Read,
  prefixes: readonly string[],
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const prefix of prefixes) {
    let after = prefix;
    for (;;) {
      const [entry] = await store.range(prefix, { after, limit: 1 });
      if (entry === undefined) break;
      const [environment = ''] = entry.key.slice(prefix.length).split('/');
      found.add(environment);
      // Past every host of it: names of hosts are small letters, digits, dots and dashes.
      after = `${prefix}${environment}/~`;
    }
  }
  return [...found].sort();
}

/** Hosts that were asked for something in this environment, or say so themselves. */
export async function hostsAsked(store: Read, environment: string): Promise<readonly string[]> {
  const prefixes = [keys.desired(environment, ''), keys.held(environment, '')];
  const found = await Promise.all(
    prefixes.map(async (prefix) =>
      (await store.range(prefix)).map(({ key }) => key.slice(prefix.length)),
    ),
  );
  return [...new Set(found.flat())].sort();
}
