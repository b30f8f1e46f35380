// Names of images and services wherever they stand, held against those that there are.

import type { Diagnostic } from './diagnostics.ts';
import { didYouMean, unknownImage } from './scope.ts';
import { problemAt } from './source-text.ts';
import { suggest } from './suggest.ts';
import { hasReference } from './template.ts';
import { childOf, isIgnored, type MapTree, type Tree } from './tree.ts';

export interface KnownNames {
  readonly services: ReadonlyMap<string, unknown>;
  /** Undefined where brine.yaml does not tell. */
  readonly images: ReadonlySet<string> | undefined;
}

/** The image and the needs of one service; what is no text is told by the schema. */
export function nameProblems(
  name: string,
  tree: MapTree,
  { services, images }: KnownNames,
): readonly Diagnostic[] {
  const image = textsAt(tree, 'image').flatMap(({ tree: at, text }) => {
    if (images === undefined || images.has(text)) return [];
    const { problem, hint } = unknownImage(text, images);
    return [problemAt(at.place, problem, hint)];
  });
  const jobs = childOf(tree, 'jobs');
  const needs = textsAt(tree, 'needs').flatMap(({ tree: at, text }) => {
    if (text === name) return [problemAt(at.place, `service ${name} needs itself`)];
    if (services.has(text) || childOf(jobs, text) !== undefined) return [];
    return [problemAt(at.place, ...unknownService(text, services))];
  });
  return [...image, ...needs];
}

/** Overrides of services that there are not. */
export function strangers(
  overrides: Tree | undefined,
  known: ReadonlyMap<string, unknown>,
): readonly Diagnostic[] {
  if (overrides?.kind !== 'map') return [];
  return [...overrides.entries]
    .filter(([name]) => !known.has(name) && !isIgnored(name, 'services'))
    .map(([name, { key }]) => problemAt(key, ...unknownService(name, known)));
}

function unknownService(name: string, known: ReadonlyMap<string, unknown>) {
  const meant = suggest(name, known.keys());
  const hint = meant === undefined ? `write services/${name}.yaml` : didYouMean(meant);
  return [`unknown service \`${name}\``, hint] as const;
}

/** The names that a key holds, one or a list of them; never with `${…}` in them. */
export function textsAt(
  tree: MapTree | undefined,
  key: string,
): readonly { readonly tree: Tree; readonly text: string }[] {
  const value = childOf(tree, key);
  const items = value?.kind === 'list' ? value.items : value === undefined ? [] : [value];
  return items.flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' && !hasReference(item.value)
      ? [{ tree: item, text: item.value }]
      : [],
  );
}
