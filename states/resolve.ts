// States, inventory and digests in; what every host must run out. Pure.

import { bounds } from './bounds.ts';
import { tidyDiagnostics, type Diagnostic } from './diagnostics.ts';
import { environmentOf } from './environment-of.ts';
import type { ReleaseId } from './ids.ts';
import type { InventoryHost, PinnedImage, ResolvedEnvironment } from './model.ts';
import { placeJobs } from './place-jobs.ts';
import { containersOf } from './placements.ts';
import { rolloutPolicy } from './policy.ts';
import { releaseId } from './release.ts';
import { matches } from './selector.ts';
import type { Environment, States, Versions } from './states.ts';

export interface ResolveRequest {
  readonly environment: string;
  readonly inventory: readonly InventoryHost[];
  /** Digests by name of the image, for versions that leave them out. */
  readonly digests: ReadonlyMap<string, string>;
  /** The states' commit; null for a plain directory. */
  readonly commit: string | null;
  /** Ids of hosts that rather run what runs on one host: those that can be reached. */
  readonly preferred?: ReadonlySet<string>;
}

export type Resolved =
  | {
      readonly ok: true;
      readonly environment: ResolvedEnvironment;
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Throws UNKNOWN_NAME where there is no such environment; all else that is wrong is answered. */
export function resolveEnvironment(states: States, request: ResolveRequest): Resolved {
  const environment = environmentOf(states, request.environment);
  if (environment.problems.length > 0) return refused(environment.problems);
  const versions = states.versions.get(environment.name);
  if (versions === undefined) return refused([withoutVersions(environment)]);
  const { images, unpinned } = pinImages(states, versions, request.digests);
  if (unpinned.length > 0) return refused(unpinned);
  const release = releaseId(images);
  const hosts = selectedHosts(environment, request.inventory);
  const running = containersOf({ states, environment, images, release }, hosts);
  const { project } = states;
  const network = `${project}-${environment.name}`;
  const jobs = placeJobs(running.jobs, request.preferred ?? new Set());
  const { commit } = request;
  const placed = hosts.map((host) => {
    const containers = running.containers.get(host) ?? [];
    const name = environment.name;
    const own = jobs.get(host) ?? [];
    const state = {
      ...{ project, environment: name, release, commit, network, containers },
      ...(own.length > 0 && { jobs: own }),
    };
    return { host, state };
  });
  const diagnostics = [...running.diagnostics, ...tooMuch(placed, environment)];
  if (diagnostics.length > 0) return refused(diagnostics);
  const rollouts = [...running.used].map(({ service }) => service.rollout ?? {});
  return {
    ok: true,
    environment: {
      ...{ project, environment: environment.name, release, commit, images },
      policy: rolloutPolicy(environment.rollout, rollouts, hosts.length),
      hosts: placed,
    },
    warnings: [...releaseWarnings(versions, release), ...needsWarnings(placed, environment)],
  };
}

const refused = (diagnostics: readonly Diagnostic[]): Resolved => ({
  ok: false,
  diagnostics: tidyDiagnostics(diagnostics),
});

const withoutVersions = ({ name, at }: Environment): Diagnostic => ({
  ...at,
  message: `${name} has no versions`,
  hint: `a release comes here by promotion, or write versions/${name}.yaml`,
});

function pinImages(
  states: States,
  versions: Versions,
  digests: ReadonlyMap<string, string>,
): { readonly images: readonly PinnedImage[]; readonly unpinned: readonly Diagnostic[] } {
  const images: PinnedImage[] = [];
  const unpinned: Diagnostic[] = [];
  for (const [name, version] of versions.images) {
    const { tag, commit, at } = version;
    const digest = version.digest ?? digests.get(name);
    const repository = states.images.get(name)?.repository;
    if (repository === undefined) throw new Error(`a version of an unknown image: ${name}`);
    if (digest === undefined) {
      unpinned.push({ ...at, message: `no digest is known of ${repository}:${tag}` });
    } else {
      images.push({ name, repository, tag, digest, ...(commit !== undefined && { commit }) });
    }
  }
  return { images: images.sort((one, other) => byText(one.name, other.name)), unpinned };
}

export const selectedHosts = (
  { hosts }: Environment,
  inventory: readonly InventoryHost[],
): readonly InventoryHost[] =>
  inventory.filter((host) => matches(hosts, host)).sort((one, other) => byText(one.id, other.id));

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

type Placed = ResolvedEnvironment['hosts'];

/** More than one host can be told in one message. */
function tooMuch(placed: Placed, { at }: Environment): readonly Diagnostic[] {
  return placed.flatMap(({ host, state }) => {
    const { containersPerHostMax, stateCharsMax } = bounds;
    const count = state.containers.length;
    if (count > containersPerHostMax) {
      const message = `host ${host.id} would run ${count} containers`;
      return [{ ...at, message, hint: `at most ${containersPerHostMax} of one environment` }];
    }
    const chars = JSON.stringify(state).length;
    if (chars <= stateCharsMax) return [];
    const message = `what host ${host.id} is to run takes ${chars} characters to say`;
    return [{ ...at, message, hint: `at most ${stateCharsMax}: are there very long texts in it?` }];
  });
}

function releaseWarnings({ release, at }: Versions, made: ReleaseId): readonly string[] {
  if (release === undefined || release === made) return [];
  const where = `${at.file}:${at.line}`;
  return [`${where}: the images make release ${made}, not ${release} as it says there`];
}

/** Each once, however many hosts it concerns. */
function needsWarnings(placed: Placed, { services }: Environment): readonly string[] {
  const missing = new Map<string, string[]>();
  for (const { host, state } of placed) {
    const here = new Set(state.containers.map(({ service }) => service));
    for (const { service } of state.containers) {
      const { needs = [], jobs = {} } = services.get(service)?.service ?? {};
      for (const other of needs) {
        if (here.has(other) || Object.hasOwn(jobs, other)) continue;
        const key = `${service} needs ${other}, which does not run on`;
        missing.set(key, [...(missing.get(key) ?? []), host.id]);
      }
    }
  }
  return [...missing].map(([key, [first = '', ...more]]) => {
    const others = more.length > 0 ? ` and ${more.length} more` : '';
    return `${key} ${first}${others}: it is not waited for there`;
  });
}
