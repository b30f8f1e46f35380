// What the master asks of States before it can resolve an environment.

import { environmentOf } from './environment-of.ts';
import type { SourcePosition } from './model.ts';
import type { States } from './states.ts';

export interface WantedVersion {
  readonly name: string;
  readonly repository: string;
  readonly tag: string;
  /** Absent where it is to be asked of the registry. */
  readonly digest?: string;
  readonly commit?: string;
  readonly at: SourcePosition;
}

/** Every version that an environment pins, in order of name. Throws UNKNOWN_NAME. */
export function wantedVersions(states: States, environment: string): readonly WantedVersion[] {
  const { name } = environmentOf(states, environment);
  return [...(states.versions.get(name)?.images ?? [])]
    .map(([image, version]) => {
      const repository = states.images.get(image)?.repository;
      if (repository === undefined) throw new Error(`a version of an unknown image: ${image}`);
      return { name: image, repository, ...version };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Registries that are spoken to over plain HTTP, as `host` or `host:port`. */
export const insecureRegistries = (states: States): readonly string[] =>
  [...states.registries].filter(([, { insecure }]) => insecure).map(([host]) => host);
