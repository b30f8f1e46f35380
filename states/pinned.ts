// States with the versions of one environment replaced: what the pipeline resolves, whatever the
// versions file says at that commit.

import { missingVersions } from './load-versions.ts';
import type { EnvironmentName, ReleaseId } from './ids.ts';
import type { PinnedImage } from './model.ts';
import type { States, Version } from './states.ts';

/** Undefined where brine.yaml no longer has one of the images: they are not that release then. */
export function pinnedTo(
  states: States,
  of: {
    readonly environment: EnvironmentName;
    readonly release: ReleaseId;
    readonly images: readonly PinnedImage[];
  },
): States | undefined {
  const environment = states.environments.get(of.environment);
  if (environment === undefined) return states;
  const images = new Map<string, Version>();
  for (const { name, tag, digest, commit } of of.images) {
    const known = states.images.get(name);
    if (known === undefined) return undefined;
    images.set(name, { tag, digest, at: known.at, ...(commit !== undefined && { commit }) });
  }
  const versions = { at: environment.at, release: of.release, images };
  const { problems } = missingVersions(environment, versions, false);
  return {
    ...states,
    environments: new Map(states.environments).set(of.environment, { ...environment, problems }),
    versions: new Map(states.versions).set(of.environment, versions),
  };
}
