// What a YAML file says, as maps, lists and scalars that know where they stand. Aliases are resolved:
// the same value may hang in several places, so a tree is never changed.

import { quoted } from './parsed.ts';
import type { Place } from './source-text.ts';

export type Primitive = string | number | boolean | null;

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly value: Primitive;
  /** As written: `1.10`, `~`, `True`; of a text the text itself. */
  readonly source: string;
  readonly place: Place;
}

export interface MapTree {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly place: Place;
}

export interface Entry {
  readonly key: Place;
  readonly value: Tree;
}

export interface ListTree {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly place: Place;
}

export type Tree = ScalarTree | MapTree | ListTree;

export const isNull = (tree: Tree): boolean => tree.kind === 'scalar' && tree.value === null;

/** The value of a key; undefined where the tree is no map or has no such key. */
export const childOf = (tree: Tree | undefined, key: string): Tree | undefined =>
  tree?.kind === 'map' ? tree.entries.get(key)?.value : undefined;

export function treeAt(tree: Tree, path: readonly PropertyKey[]): Tree | undefined {
  let at: Tree | undefined = tree;
  for (const step of path) {
    at = at?.kind === 'list' ? at.items[Number(step)] : childOf(at, String(step));
  }
  return at;
}

/** Keys that begin with `x-` are people's own; in `labels` every key is. */
export const isIgnored = (key: string, parent: string): boolean =>
  key.startsWith('x-') && parent !== 'labels';

/**
 * Plain objects without a prototype, arrays and primitives, with every text put through `text`.
 * Paths in it are those of the tree.
 */
export function toPlain(
  tree: Tree,
  text: (scalar: ScalarTree, value: string) => Primitive = (_, value) => value,
  parent = '',
): unknown {
  if (tree.kind === 'scalar') {
    return typeof tree.value === 'string' ? text(tree, tree.value) : tree.value;
  }
  if (tree.kind === 'list') return tree.items.map((item) => toPlain(item, text));
  const plain = Object.create(null) as Record<string, unknown>;
  for (const [key, { value }] of tree.entries) {
    if (!isIgnored(key, parent)) plain[key] = toPlain(value, text, key);
  }
  return plain;
}

/** What stands there, in words: `the number 1.10`, `a list`, `nothing`. */
export function describeTree(tree: Tree): string {
  if (tree.kind !== 'scalar') return `a ${tree.kind}`;
  switch (typeof tree.value) {
    case 'number':
      return `the number ${tree.source}`;
    case 'boolean':
      return `\`${tree.source}\``;
    case 'string':
      return tree.value.length > shownCharsMax ? 'a text' : `the text ${quoted(tree.value)}`;
    default:
      return 'nothing';
  }
}

const shownCharsMax = 40;

/** Numbers, yes and no that would read differently from how they are written: `1.10`, `True`. */
export function* oddScalars(
  tree: Tree,
  path: readonly string[] = [],
): Generator<{ readonly scalar: ScalarTree; readonly path: readonly string[] }> {
  if (tree.kind === 'scalar') {
    const { value, source } = tree;
    const plain = typeof value === 'number' || typeof value === 'boolean';
    if (plain && String(value) !== source) yield { scalar: tree, path };
  } else if (tree.kind === 'list') {
    for (const [index, item] of tree.items.entries()) {
      yield* oddScalars(item, [...path, String(index)]);
    }
  } else {
    for (const [key, { value }] of tree.entries) {
      if (!isIgnored(key, path.at(-1) ?? '')) yield* oddScalars(value, [...path, key]);
    }
  }
}
