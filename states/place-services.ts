// The services of one environment: its overrides laid over them, variables put in, and all that can
// be checked before hosts and digests are known.

import type { Diagnostic } from './diagnostics.ts';
import type { StateFiles } from './files.ts';
import type { ServiceName } from './ids.ts';
import { mergeMaps } from './merge.ts';
import { nameProblems } from './names.ts';
import { check } from './schema/check.ts';
import type { Raw } from './schema/kind.ts';
import type { Reading } from './schema/leaf.ts';
import { makeServiceSchema, type Service, type ServiceSchema } from './schema/service.ts';
import { makeScope, type Scope, type Surroundings } from './scope.ts';
import type { Selector } from './selector.ts';
import { filesOf } from './service-files.ts';
import { positionOf, type Place } from './source-text.ts';
import type { PlacedService } from './states.ts';
import { substitute } from './substitute.ts';
import { hasReference } from './template.ts';
import { childOf, isIgnored, isNull, toPlain, treeAt, type MapTree, type Tree } from './tree.ts';

export interface PlacedServices {
  readonly services: ReadonlyMap<ServiceName, PlacedService>;
  readonly leftOut: ReadonlySet<ServiceName>;
  /** Every tree that was looked at, right or wrong. */
  readonly checked: readonly MapTree[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface Placing {
  readonly environment: string;
  readonly vars: ReadonlyMap<string, Raw>;
  readonly images: ReadonlySet<string> | undefined;
  /** All services; undefined where one cannot be read. */
  readonly bases: ReadonlyMap<ServiceName, MapTree | undefined>;
  readonly files: StateFiles;
  /** `services` of the environment's file. */
  readonly overrides: Tree | undefined;
}

export function placeServices(placing: Placing): PlacedServices {
  const { overrides, bases } = placing;
  const diagnostics: Diagnostic[] = [];
  const trees = new Map<ServiceName, MapTree | undefined>();
  const leftOut = new Set<ServiceName>();
  for (const [name, base] of bases) {
    const override = childOf(overrides, name);
    if (override !== undefined && isNull(override)) {
      leftOut.add(name);
      continue;
    }
    const merged = base !== undefined && override?.kind === 'map';
    trees.set(name, merged ? mergeMaps(base, override) : base);
  }
  const images = placing.images && new Map([...placing.images].map((name) => [name, undefined]));
  const around: Omit<Surroundings, 'host'> = { ...placing, services: trees, images };
  const services = new Map<ServiceName, PlacedService>();
  for (const [name, tree] of trees) {
    if (tree === undefined) continue;
    diagnostics.push(...nameProblems(name, tree, { services: bases, images: placing.images }));
    const checked = checkService(tree, around);
    if ('diagnostics' in checked) diagnostics.push(...checked.diagnostics);
    else {
      services.set(name, { ...placed(tree, checked.service), name, open: checked.open });
      const scope = makeScope({ ...around, host: 'later' });
      const asking = { tree, service: checked.service, files: placing.files, scope };
      diagnostics.push(...filesOf(asking).diagnostics);
    }
  }
  const checked = [...trees.values()].filter((tree) => tree !== undefined);
  return { services, leftOut, checked, diagnostics };
}

export type CheckedService =
  | { readonly service: Service; readonly open: boolean }
  | { readonly diagnostics: readonly Diagnostic[] };

/** What was found of a tree that says the same in every environment and on every host. */
const fixed = new WeakMap<MapTree, CheckedService>();

/** With `host: 'later'` what depends on hosts is left open; with a host nothing is but digests. */
export function checkService(
  tree: MapTree,
  around: Omit<Surroundings, 'host'>,
  host: Surroundings['host'] = 'later',
): CheckedService & { readonly usedHost?: boolean } {
  if (!hasReferences(tree)) {
    const known = fixed.get(tree) ?? verdict(tree, 'resolved', toPlain(tree));
    fixed.set(tree, known);
    return known;
  }
  const { plain, open, diagnostics, usedHost } = resolveTexts(tree, around, host);
  const reading = open || diagnostics.length > 0 ? 'written' : 'resolved';
  const checked = verdict(tree, reading, plain);
  const more = 'diagnostics' in checked ? checked.diagnostics : [];
  return diagnostics.length > 0
    ? { diagnostics: [...diagnostics, ...more], usedHost }
    : { ...checked, usedHost };
}

function verdict(tree: MapTree, reading: Reading, plain: unknown): CheckedService {
  const checked = check<Service>(serviceSchema(reading), tree, plain);
  if (!checked.ok) return { diagnostics: checked.diagnostics };
  return { service: checked.value, open: reading === 'written' };
}

/** Other files are held against these, and are not looked for behind references. */
const names = ['image', 'needs'];

/** Decided once for the whole environment, so no host can be asked there. */
const together = ['targets', 'rollout'];

function resolveTexts(
  tree: MapTree,
  around: Omit<Surroundings, 'host'>,
  host: Surroundings['host'],
) {
  const each: Scope = makeScope({ ...around, host });
  const all: Scope = makeScope({ ...around, host: 'none' });
  const plain = Object.create(null) as Record<string, unknown>;
  const diagnostics: Diagnostic[] = [];
  let open = false;
  for (const [key, { value }] of tree.entries) {
    if (isIgnored(key, '')) continue;
    if (names.includes(key)) {
      plain[key] = toPlain(value);
      continue;
    }
    const done = substitute(value, together.includes(key) ? all : each, key);
    plain[key] = done.plain;
    open ||= done.open;
    diagnostics.push(...done.diagnostics);
  }
  return { plain, open, diagnostics, usedHost: each.usedHost };
}

const withReferences = new WeakMap<Tree, boolean>();

function hasReferences(tree: Tree): boolean {
  const known = withReferences.get(tree);
  if (known !== undefined) return known;
  const found =
    tree.kind === 'scalar'
      ? typeof tree.value === 'string' && hasReference(tree.value)
      : tree.kind === 'list'
        ? tree.items.some(hasReferences)
        : [...tree.entries.values()].some(({ value }) => hasReferences(value));
  withReferences.set(tree, found);
  return found;
}

const schemas = new Map<Reading, ServiceSchema>();

/** Made when it is first asked for: not every command line needs all of them. */
export function serviceSchema(reading: Reading): ServiceSchema {
  const schema = schemas.get(reading) ?? makeServiceSchema(reading);
  schemas.set(reading, schema);
  return schema;
}

/** What has no `targets` runs on every host of the environment. */
const everyHost: Selector = { terms: [] };

function placed(tree: MapTree, service: Service): Omit<PlacedService, 'name' | 'open'> {
  return {
    tree,
    at: positionOf(tree.place),
    imagePlace: placeAt(tree, ['image']),
    targets: service.targets ?? everyHost,
    targetsAt: positionOf(placeAt(tree, ['targets'])),
    service,
  };
}

/** Where the key at the end of the path stands. */
export function keyPlaceAt(tree: Tree, path: readonly string[]): Place {
  const parent = treeAt(tree, path.slice(0, -1));
  const entry = parent?.kind === 'map' ? parent.entries.get(path.at(-1) ?? '') : undefined;
  return entry?.key ?? placeAt(tree, path);
}

export const placeAt = (tree: Tree, path: readonly PropertyKey[]) =>
  (treeAt(tree, path) ?? tree).place;
