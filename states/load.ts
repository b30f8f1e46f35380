// From files to States: everything is read and held against everything else, and all that is wrong
// is told at once. Pure; never throws, whatever the files hold.

import { findCycle } from './cycle.ts';
import { tidyDiagnostics, type Diagnostic } from './diagnostics.ts';
import type { StateFiles } from './files.ts';
import type { EnvironmentName, ServiceName } from './ids.ts';
import { loadEnvironments, type Known, type LoadedEnvironment } from './load-environments.ts';
import { loadVersions, missingVersions } from './load-versions.ts';
import { nameProblems, textsAt } from './names.ts';
import { checkPipeline, stagesOf } from './pipeline.ts';
import { keyPlaceAt, placeAt, serviceSchema } from './place-services.ts';
import { readStates } from './read.ts';
import { brineSchema, type BrineFile, type TestFile } from './schema/brine.ts';
import { check } from './schema/check.ts';
import { positionOf, problemAt } from './source-text.ts';
import type { Environment, Image, Registry, States, Test } from './states.ts';
import { childOf, treeAt, type MapTree } from './tree.ts';

export type Loaded =
  | { readonly ok: true; readonly states: States }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export function loadStates(files: StateFiles): Loaded {
  const { trees, diagnostics } = readStates(files);
  const told: Diagnostic[] = [...diagnostics];
  // Names of files that cannot be read are known all the same: nothing else is wrong because of them.
  const services = trees.service as ReadonlyMap<ServiceName, MapTree | undefined>;
  const brineTree = trees.brine.get('');
  const images = imageNames(brineTree);
  const known = { services, images, files };
  const brine = brineTree && check<BrineFile>(brineSchema, brineTree);
  if (brine?.ok === false) told.push(...brine.diagnostics);

  const loaded = loadEnvironments(trees.environment, known);
  told.push(...loaded.diagnostics, ...needsCycle(services));
  for (const [name, tree] of services) {
    if (tree !== undefined && !loaded.checked.has(tree)) {
      told.push(...serviceProblems(name, tree, known));
    }
  }
  const versions = loadVersions(trees.versions, { environments: trees.environment, images });
  told.push(...versions.diagnostics);
  if (brineTree === undefined || brine?.ok !== true) return refused(told);

  const environments = new Map(
    [...trees.environment.keys()].map((name) => [name, loaded.environments.get(name)?.ground]),
  );
  told.push(...checkPipeline({ tree: brineTree, brine: brine.value, environments }));
  if (told.length > 0) return refused(told);
  return {
    ok: true,
    states: assemble(brine.value, brineTree, { services, loaded, versions, files }),
  };
}

const refused = (diagnostics: readonly Diagnostic[]): Loaded => ({
  ok: false,
  diagnostics: tidyDiagnostics(diagnostics),
});

/** Undefined where that cannot be known. */
function imageNames(brine: MapTree | undefined): ReadonlySet<string> | undefined {
  const images = childOf(brine, 'images');
  if (images?.kind === 'map') return new Set(images.entries.keys());
  return brine !== undefined && images === undefined ? new Set() : undefined;
}

/** What is wrong with a service that stands in no environment as its own file says it. */
function serviceProblems(name: string, tree: MapTree, known: Known): readonly Diagnostic[] {
  const checked = check(serviceSchema('written'), tree);
  return [...(checked.ok ? [] : checked.diagnostics), ...nameProblems(name, tree, known)];
}

function needsCycle(services: ReadonlyMap<string, MapTree | undefined>): readonly Diagnostic[] {
  const graph = new Map(
    [...services].map(([name, tree]) => {
      const needs = textsAt(tree, 'needs').map(({ text }) => text);
      return [name, needs.filter((other) => other !== name)];
    }),
  );
  const cycle = findCycle(graph);
  const tree = services.get(cycle?.[0] ?? '');
  if (cycle === undefined || tree === undefined) return [];
  const message = `\`needs\` goes around in a circle: ${cycle.join(' needs ')}`;
  return [problemAt(placeAt(tree, ['needs']), message, 'take one of them out')];
}

interface Parts {
  readonly files: StateFiles;
  readonly services: ReadonlyMap<ServiceName, unknown>;
  readonly loaded: { readonly environments: ReadonlyMap<string, LoadedEnvironment> };
  readonly versions: Pick<ReturnType<typeof loadVersions>, 'versions'>;
}

function assemble(brine: BrineFile, tree: MapTree, parts: Parts): States {
  const pipeline = stagesOf(brine);
  const { versions } = parts.versions;
  const environments = new Map<EnvironmentName, Environment>();
  const warnings: Diagnostic[] = [];
  for (const [name, { environment }] of parts.loaded.environments) {
    const staged = pipeline.has(environment.name);
    const missing = missingVersions(environment, versions.get(environment.name), staged);
    environments.set(name as EnvironmentName, { ...environment, problems: missing.problems });
    warnings.push(...missing.warnings);
  }
  return {
    project: brine.project,
    registries: new Map(
      Object.entries(brine.registries ?? {}).map(([host, { insecure = false }]) => [
        host,
        { insecure } satisfies Registry,
      ]),
    ),
    images: imagesOf(brine, tree),
    tests: testsOf(brine, tree),
    pipeline,
    together: brine.together ?? [],
    services: [...parts.services.keys()],
    files: parts.files,
    environments,
    versions,
    warnings: tidyDiagnostics(warnings),
  };
}

const imagesOf = (brine: BrineFile, tree: MapTree): ReadonlyMap<string, Image> =>
  new Map(
    Object.entries(brine.images ?? {}).map(([name, { repository, track }]) => {
      const at = positionOf(keyPlaceAt(tree, ['images', name]));
      return [name, { name, repository, at, ...(track && { track }) }];
    }),
  );

function testsOf(brine: BrineFile, tree: MapTree): ReadonlyMap<string, Test> {
  const tests = new Map<string, Test>();
  for (const [name, file] of Object.entries<TestFile>(brine.tests ?? {})) {
    const own = treeAt(tree, ['tests', name]);
    if (own?.kind !== 'map') throw new Error(`a test that is checked and no map: ${name}`);
    tests.set(name, { tree: own, file, at: positionOf(keyPlaceAt(tree, ['tests', name])) });
  }
  return tests;
}
