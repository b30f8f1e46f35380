// An environment that the states no longer have: what is left of it is removed, host by host, as from a
// host that left. Nothing of it is wanted any more, so there is nothing to go back to half-way.

import { defaults } from '../../states/defaults.ts';
import { parseEnvironmentName } from '../../states/ids.ts';
import type { InventoryHost, RolloutPolicy } from '../../states/model.ts';
import { releaseId } from '../../states/release.ts';
import { written } from '../../states/schema/service-checks.ts';
import type { Store } from '../store/store.ts';
import type { LoadedStates } from './states.ts';
import { leaving, type Change } from './targets.ts';

interface RemovalOptions {
  readonly store: Store;
  readonly inventory: readonly InventoryHost[];
  readonly linked: ReadonlySet<string>;
}

const policy: RolloutPolicy = {
  ...{ batch: { percent: 100 }, canary: 0, maxFailures: 0, onFailure: 'pause' },
  progressMs: written(defaults.rollout.progress),
};

/** Undefined where no host runs, or was asked for, anything of that name. */
export async function removal(
  { store, inventory, linked }: RemovalOptions,
  name: string,
  { states, commit, subject }: LoadedStates,
): Promise<Change | undefined> {
  const environment = parseEnvironmentName(name);
  if (environment === undefined) return undefined;
  const { project } = states;
  const release = releaseId([]);
  const nothing = { project, environment, release, commit, network: `${project}-${name}` };
  const hosts = { inventory, linked, staying: new Set<string>() };
  const targets = await leaving(store, nothing, hosts);
  if (targets.length === 0) return undefined;
  return {
    ...{ project, environment, release, commit, subject, images: [], policy, targets },
    ...{ partial: false, removes: true },
    warnings: [`the states no longer have ${name}: all of its containers go, its volumes stay`],
  };
}
