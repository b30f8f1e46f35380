// What the states want of an environment now: read, pinned to digests, resolved against the hosts
// there are, and checked against what other environments hold on the same hosts.

import { noHosts, portConflicts } from '../../states/conflicts.ts';
import { tidyDiagnostics } from '../../states/diagnostics.ts';
import { Fault } from '../../states/faults.ts';
import type { EnvironmentName } from '../../states/ids.ts';
import { parseEnvironmentName } from '../../states/ids.ts';
import type { InventoryHost, ResolvedEnvironment } from '../../states/model.ts';
import { resolveEnvironment } from '../../states/resolve.ts';
import type { States } from '../../states/states.ts';
import { insecureRegistries, wantedVersions, type WantedVersion } from '../../states/wanted.ts';
import type { PlanRequest } from '../api/contract.ts';
import type { HostBook } from '../hosts.ts';
import { resolveDigest, type RegistryRequest } from '../registry.ts';
import { parseRepository } from '../registry/place.ts';
import { environmentsIn, heldBy } from '../rollout/keys.ts';
import type { Store } from '../store/store.ts';
import { listed } from '../words.ts';
import { removal } from './removal.ts';
import { StatesInvalid, type LoadedStates, type StatesReader } from './states.ts';
import { leaving, narrowed, targetOf, type Change, type Target } from './targets.ts';

export interface WantedOptions {
  readonly store: Store;
  readonly states: Pick<StatesReader, 'read'>;
  readonly hosts: HostBook;
  readonly connected: () => readonly string[];
  readonly digestOf?: (request: RegistryRequest & { readonly tag: string }) => Promise<string>;
}

export async function wantedChange(options: WantedOptions, request: PlanRequest): Promise<Change> {
  const { store, hosts } = options;
  const loaded = await options.states.read();
  const inventory = await hosts.inventory();
  const linked = new Set<string>(options.connected());
  if (!loaded.states.environments.has(request.environment as EnvironmentName)) {
    const gone = await removal({ store, inventory, linked }, request.environment, loaded);
    if (gone !== undefined) return only(gone, request, inventory);
  }
  const nobody = noHosts(loaded.states, request.environment, inventory);
  if (nobody !== undefined) throw new Fault(nobody);
  const preferred = reachable(inventory, linked, request);
  const { resolved, warnings } = await resolve(loaded, { request, inventory, options, preferred });
  await refuseConflicts(store, resolved, loaded);
  const staying = await Promise.all(
    resolved.hosts.map(({ host, state }) => targetOf(store, host.id, state)),
  );
  const left = await leaving(store, networked(resolved), {
    ...{ inventory, linked },
    staying: new Set(staying.map(({ host }) => host)),
  });
  const { project, environment, release, commit, images, policy } = resolved;
  const change: Change = {
    ...{ project, environment, release, commit, images, policy, subject: loaded.subject },
    ...{ targets: [...staying, ...left], partial: false, removes: false },
    warnings: [...warnings, ...leavingWarnings(left, environment)],
  };
  return only(change, request, inventory);
}

/** Linked, and among the hosts that were asked for. */
function reachable(
  inventory: readonly InventoryHost[],
  linked: ReadonlySet<string>,
  { hosts, environment }: PlanRequest,
): ReadonlySet<string> {
  const chosen = narrowed(inventory, hosts, { inventory: (host) => host, what: environment });
  return new Set(chosen.flatMap(({ id }) => (linked.has(id) ? [id] : [])));
}

/** Of the hosts that were asked for. */
function only(change: Change, request: PlanRequest, inventory: readonly InventoryHost[]): Change {
  const byId = new Map<string, InventoryHost>(inventory.map((host) => [host.id, host]));
  const targets = narrowed(change.targets, request.hosts, {
    inventory: ({ host }) => byId.get(host) ?? { id: host, labels: {}, facts: {} },
    what: request.environment,
  });
  return { ...change, targets, partial: targets.length < change.targets.length };
}

async function resolve(
  loaded: LoadedStates,
  from: {
    readonly request: PlanRequest;
    readonly inventory: readonly InventoryHost[];
    readonly options: WantedOptions;
    readonly preferred: ReadonlySet<string>;
  },
): Promise<{ readonly resolved: ResolvedEnvironment; readonly warnings: readonly string[] }> {
  const { request, inventory, options, preferred } = from;
  const { states, commit, files } = loaded;
  const { environment } = request;
  const digests = await missingDigests(states, environment, options.digestOf ?? resolveDigest);
  const resolved = resolveEnvironment(states, {
    ...{ environment, inventory, digests, commit, preferred },
  });
  if (!resolved.ok) throw new StatesInvalid(resolved.diagnostics, files);
  return { resolved: resolved.environment, warnings: resolved.warnings };
}

/** By name of the image, for versions that a person wrote without one. */
export async function missingDigests(
  states: States,
  environment: string,
  digestOf: NonNullable<WantedOptions['digestOf']>,
): Promise<ReadonlyMap<string, string>> {
  const insecure = new Set(insecureRegistries(states));
  const open = wantedVersions(states, environment).filter(({ digest }) => digest === undefined);
  const found = await Promise.all(
    open.map(async (version): Promise<[string, string]> => {
      const { repository, tag } = version;
      const { registry } = parseRepository(repository, false);
      const asked = digestOf({ repository, tag, insecure: insecure.has(registry) });
      return [version.name, await asked.catch((error: unknown) => rethrown(error, version))];
    }),
  );
  return new Map(found);
}

/** With the line that asked for it. */
function rethrown(error: unknown, { at }: WantedVersion): never {
  if (!(error instanceof Fault)) throw error;
  throw new Fault({ ...error.data, at }, { cause: error });
}

async function refuseConflicts(
  store: Store,
  resolved: ResolvedEnvironment,
  { files }: LoadedStates,
): Promise<void> {
  const conflicts = [...portConflicts([resolved])];
  for (const name of await environmentsIn(store)) {
    const environment = parseEnvironmentName(name);
    if (environment === undefined || environment === resolved.environment) continue;
    for (const there of await elsewhere(store, environment, resolved)) {
      conflicts.push(...portConflicts([there, resolved]));
    }
  }
  if (conflicts.length === 0) return;
  const { data, rendered } = new StatesInvalid(tidyDiagnostics(conflicts), files);
  throw Object.assign(new Fault({ ...data, code: 'PORT_CONFLICT' }), { rendered });
}

/** What another environment holds on these hosts, whatever its states say by now: two never at once. */
async function elsewhere(
  store: Store,
  environment: EnvironmentName,
  { hosts, ...own }: ResolvedEnvironment,
): Promise<readonly ResolvedEnvironment[]> {
  const held = await Promise.all(
    hosts.map(async ({ host }) => ({ host, states: await heldBy(store, environment, host.id) })),
  );
  return [0, 1].map((which) => ({
    ...{ ...own, environment },
    hosts: held.flatMap(({ host, states: { [which]: state } }) => (state ? [{ host, state }] : [])),
  }));
}

const networked = (of: ResolvedEnvironment) => ({
  ...{ project: of.project, environment: of.environment, release: of.release, commit: of.commit },
  network: of.hosts[0]?.state.network ?? `${of.project}-${of.environment}`,
});

function leavingWarnings(left: readonly Target[], environment: string): readonly string[] {
  if (left.length === 0) return [];
  const names = listed(
    left.map(({ host }) => host),
    8,
  );
  const verb = left.length === 1 ? 'belongs' : 'belong';
  return [`${names} no longer ${verb} to ${environment}: what runs of it there is removed`];
}
