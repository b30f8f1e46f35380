// Back to a release that has succeeded before, as it was then: the states that a rollout used stand in
// its own record, so neither git nor the registry is needed for it.

import { Fault, fault } from '../../states/faults.ts';
import type { HostState } from '../../states/model.ts';
import { selectedHosts } from '../../states/resolve.ts';
import { environmentOf } from '../../states/environment-of.ts';
import { unknownName } from '../../states/unknown-name.ts';
import type { RollbackRequest } from '../api/contract.ts';
import type { HostBook } from '../hosts.ts';
import { hostsAsked, readHeads, readRollout, readState } from '../rollout/keys.ts';
import type { Rollout, RolloutHead } from '../rollout/record.ts';
import type { Store } from '../store/store.ts';
import { rollbackTarget } from '../views/rollback.ts';
import { listed } from '../words.ts';
import type { StatesReader } from './states.ts';
import { targetOf, type Change } from './targets.ts';

interface RollbackOptions {
  readonly store: Store;
  readonly hosts: HostBook;
  readonly states: StatesReader;
}

/** Throws ROLLOUT_NONE where there is nothing to go back to. */
export async function rollbackChange(
  options: RollbackOptions,
  request: RollbackRequest,
): Promise<Change> {
  const { store } = options;
  const { environment } = request;
  const target = await targetRollout(store, request);
  const belongs = await membership(options, environment);
  const members = target.hosts.filter(({ host }) => belongs.has(host));
  const skipped = target.hosts.filter(({ host }) => !belongs.has(host)).map(({ host }) => host);
  const then = new Set<string>(target.hosts.map(({ host }) => host));
  const newer = (await hostsAsked(store, environment)).filter(
    (host) => !then.has(host) && belongs.has(host),
  );
  const states = new Map<number, Promise<HostState>>();
  const stateOf = (number: number): Promise<HostState> => {
    const known = states.get(number) ?? readState(store, target.id, number);
    states.set(number, known);
    return known;
  };
  const targets = await Promise.all(
    members.map(async ({ host, state }) => targetOf(store, host, await stateOf(state))),
  );
  if (targets.length === 0) {
    const message = `none of the hosts that ran release ${target.release} belongs to ${environment} now`;
    throw fault('NO_HOSTS', message);
  }
  const { project, release, commit, subject, images, policy } = target;
  return {
    ...{ project, environment: target.environment, release, commit, subject, images, policy },
    ...{ targets, partial: target.partial || newer.length > 0, removes: false },
    warnings: [
      ...warning(skipped, `ran release ${release} and left ${environment} since; not touched`),
      ...warning(newer, `came after release ${release} and stays as it is`),
    ],
  };
}

async function targetRollout(store: Store, request: RollbackRequest): Promise<Rollout> {
  const { environment, release } = request;
  const heads = await readHeads(store, environment);
  const current = heads.find(({ phase }) => phase === 'succeeded');
  if (current === undefined) {
    throw fault('ROLLOUT_NONE', `no release has succeeded in ${environment} yet`);
  }
  const target = rollbackTarget(heads, release);
  const rollout = target === undefined ? undefined : await readRollout(store, target.id);
  if (rollout !== undefined) return rollout;
  if (release !== undefined) throw notThere(heads, environment, release);
  const none = `nothing ran in ${environment} before release ${current.release}`;
  throw fault('ROLLOUT_NONE', none);
}

/** Says of a name that cannot be gone back to why not, and what can. */
function notThere(heads: readonly RolloutHead[], environment: string, named: string): Error {
  const tried = heads.find(({ id, release }) => id === named || release === named);
  const good = heads.filter(({ phase }) => phase === 'succeeded');
  const known = [...new Set(good.map(({ release }) => release))];
  if (tried !== undefined) {
    const ended = `${tried.id} (release ${tried.release}) did not succeed in ${environment}`;
    return fault('ROLLOUT_NONE', `${ended}: it is ${tried.phase}; there are ${listed(known, 8)}`);
  }
  const names = [...known, ...good.map(({ id }) => id)];
  return unknownName(`release or rollout that succeeded in ${environment} is named`, named, names);
}

/** The hosts that belong to the environment; all there are where the states cannot be read. */
async function membership(
  { hosts, states }: RollbackOptions,
  environment: string,
): Promise<ReadonlySet<string>> {
  const inventory = await hosts.inventory();
  try {
    const loaded = await states.read();
    const selected = selectedHosts(environmentOf(loaded.states, environment), inventory);
    return new Set(selected.map(({ id }) => id));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return new Set(inventory.map(({ id }) => id));
  }
}

function warning(hosts: readonly string[], words: string): readonly string[] {
  return hosts.length === 0 ? [] : [`${listed(hosts, 8)} ${words}`];
}
