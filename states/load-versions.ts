// versions/*.yaml, and which versions are missing there.

import type { Diagnostic } from './diagnostics.ts';
import type { EnvironmentName } from './ids.ts';
import { keyPlaceAt } from './place-services.ts';
import { check } from './schema/check.ts';
import { versionsSchema, type VersionsFile } from './schema/versions.ts';
import { didYouMean, unknownImage } from './scope.ts';
import { positionOf, problemAt } from './source-text.ts';
import type { Environment, PlacedService, Version, Versions } from './states.ts';
import { suggest } from './suggest.ts';
import { childOf, type MapTree } from './tree.ts';

export interface LoadedVersions {
  readonly versions: ReadonlyMap<EnvironmentName, Versions>;
  readonly diagnostics: readonly Diagnostic[];
}

export function loadVersions(
  trees: ReadonlyMap<string, MapTree | undefined>,
  known: {
    readonly environments: ReadonlyMap<string, unknown>;
    readonly images: ReadonlySet<string> | undefined;
  },
): LoadedVersions {
  const versions = new Map<EnvironmentName, Versions>();
  const diagnostics: Diagnostic[] = [];
  for (const [name, tree] of trees) {
    if (tree === undefined) continue;
    if (!known.environments.has(name)) diagnostics.push(stranger(name, tree, known.environments));
    const checked = check<VersionsFile>(versionsSchema, tree);
    if (!checked.ok) diagnostics.push(...checked.diagnostics);
    else versions.set(name as EnvironmentName, versionsOf(checked.value, tree));
    diagnostics.push(...unknownImages(tree, known.images));
  }
  return { versions, diagnostics };
}

function stranger(
  name: string,
  { place }: MapTree,
  environments: ReadonlyMap<string, unknown>,
): Diagnostic {
  const meant = suggest(name, environments.keys());
  const hint = meant === undefined ? `write environments/${name}.yaml` : didYouMean(meant);
  return problemAt({ ...place, end: place.start + 1 }, `unknown environment \`${name}\``, hint);
}

function unknownImages(
  tree: MapTree,
  known: ReadonlySet<string> | undefined,
): readonly Diagnostic[] {
  const images = childOf(tree, 'images');
  if (images?.kind !== 'map' || known === undefined) return [];
  return [...images.entries]
    .filter(([name]) => !known.has(name) && !name.startsWith('x-'))
    .map(([name, { key }]) => {
      const { problem, hint } = unknownImage(name, known);
      return problemAt(key, problem, hint);
    });
}

function versionsOf({ release, images }: VersionsFile, tree: MapTree): Versions {
  const listed = Object.entries(images).map(([name, version]): readonly [string, Version] => [
    name,
    { ...version, at: positionOf(keyPlaceAt(tree, ['images', name])) },
  ]);
  const at = positionOf(tree.place);
  return { at, images: new Map(listed), ...(release && { release }) };
}

/**
 * A stage of a pipeline gets its versions by promotion, the first one too: there a missing one is told,
 * and stops the environment only when a host is to run it. Anywhere else it stops that environment.
 */
export function missingVersions(
  environment: Pick<Environment, 'name' | 'at' | 'services'>,
  versions: Versions | undefined,
  staged: boolean,
): { readonly problems: readonly Diagnostic[]; readonly warnings: readonly Diagnostic[] } {
  const { name, at, services } = environment;
  if (services.size === 0) return none;
  if (versions === undefined) {
    return staged ? none : { problems: [noVersions(environment)], warnings: [] };
  }
  const missing = [...services.values()]
    .filter(({ service }) => !versions.images.has(service.image))
    .map((service) => noVersion(name, service));
  return staged ? { problems: [], warnings: missing } : { problems: missing, warnings: [] };

  function noVersions(of: Pick<Environment, 'services'>): Diagnostic {
    const images = new Set([...of.services.values()].map(({ service }) => service.image));
    const listed = [...images].slice(0, 5).join(', ');
    const hint = `write versions/${name}.yaml with a tag for each image: ${listed}`;
    return { ...at, message: `${name} has no versions`, hint };
  }
}

const none = { problems: [], warnings: [] };

export function noVersion(
  environment: string,
  { name, service, imagePlace }: PlacedService,
): Diagnostic {
  const hint =
    `add \`${service.image}: { tag: "…" }\` to \`images\` in versions/${environment}.yaml, ` +
    `or leave the service out there: \`services: { ${name}: null }\``;
  return problemAt(imagePlace, `service ${name} has no version in ${environment}`, hint);
}
