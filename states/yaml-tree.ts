// From the nodes of the YAML library to trees: resolves aliases within bounds, and refuses what the
// language does not have.

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { bounds } from './bounds.ts';
import type { Diagnostic } from './diagnostics.ts';
import { problemAt, type Place, type SourceText } from './source-text.ts';
import { describeTree, type Entry, type Tree } from './tree.ts';
import type { ReadYaml } from './yaml.ts';

/** A tree with what an alias to it costs. */
interface Measured {
  readonly tree: Tree;
  readonly values: number;
  readonly depth: number;
}

interface Reader {
  readonly source: SourceText;
  readonly diagnostics: Diagnostic[];
  readonly anchors: Map<string, Measured>;
  /** What is read says something else than the file: nothing more can be found wrong in it. */
  lost: boolean;
}

export function toTree(root: Node | null, source: SourceText): ReadYaml {
  const reader: Reader = { source, diagnostics: [], anchors: new Map(), lost: false };
  const { tree } = read(root, 0, reader);
  const { diagnostics, lost } = reader;
  return lost ? { diagnostics } : { tree, diagnostics };
}

/** `from` is where a value that is not there would stand. */
function read(node: unknown, from: number, reader: Reader): Measured {
  const place = placeOf(node, from, reader);
  const say = (message: string, hint?: string): void =>
    void reader.diagnostics.push(problemAt(place, message, hint));
  if (isAlias(node)) {
    const known = reader.anchors.get(node.source);
    if (known !== undefined) return known;
    say(`nothing before this is named \`&${node.source}\``);
    reader.lost = true;
    return nothing(place);
  }
  if (isTagged(node)) say(`tags like \`${shortTag(node.tag)}\` are not used here`, tagHint);
  const measured = bounded(readContent(node, place, reader), place, reader);
  const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
  if (anchor !== undefined) reader.anchors.set(anchor, measured);
  return measured;
}

/** Only aliases can let a file of this size grow so far; it is told once. */
function bounded(measured: Measured, place: Place, reader: Reader): Measured {
  const { depthMax, valuesMax } = bounds;
  if (measured.depth <= depthMax && measured.values <= valuesMax) return measured;
  const what =
    measured.depth > depthMax
      ? `is nested more than ${depthMax} deep`
      : `has more than ${valuesMax} values`;
  if (!reader.lost) {
    reader.diagnostics.push(problemAt(place, `with its aliases this ${what}`));
  }
  reader.lost = true;
  return nothing(place);
}

function readContent(node: unknown, place: Place, reader: Reader): Measured {
  if (isSeq(node)) {
    const items = node.items.map((item) => read(item, place.start, reader));
    const trees = items.map(({ tree }) => tree);
    return around(items, { kind: 'list', items: trees, place: ending(place, node, trees.at(-1)) });
  }
  if (isMap(node)) {
    const entries = new Map<string, Entry>();
    const values: Measured[] = [];
    for (const pair of node.items) {
      const key = readKey(pair, entries, reader);
      const value = read(pair.value, key?.place.end ?? place.start, reader);
      values.push(value);
      if (key !== undefined) entries.set(key.text, { key: key.place, value: value.tree });
    }
    const last = values.at(-1)?.tree;
    return around(values, { kind: 'map', entries, place: ending(place, node, last) });
  }
  if (isScalar(node)) return scalar(node.value, node.source, place, reader);
  return nothing(place);
}

/** A block ends where what stands in it last does, not behind the lines that follow. */
function ending(place: Place, node: YAMLMap | YAMLSeq, last: Tree | undefined): Place {
  if (node.flow || last === undefined || last.place.end < place.start) return place;
  return { ...place, end: last.place.end };
}

function scalar(value: unknown, source: string | undefined, place: Place, reader: Reader) {
  if (typeof value === 'string') {
    if (value.includes('\0')) say('this text has a NUL character in it');
    if (/\p{Cs}/u.test(value)) say('this text has half a character in it, a lone surrogate');
    return one({ kind: 'scalar', value, source: value, place });
  }
  if (typeof value === 'number' || typeof value === 'boolean') {
    return one({ kind: 'scalar', value, source: source ?? String(value), place });
  }
  return nothing(place);

  function say(message: string): void {
    reader.diagnostics.push(problemAt(place, message));
    reader.lost = true;
  }
}

const around = (inside: readonly Measured[], tree: Tree): Measured => ({
  tree,
  values: inside.reduce((sum, { values }) => sum + values, 1),
  depth: inside.reduce((most, { depth }) => Math.max(most, depth), 0) + 1,
});

const one = (tree: Tree): Measured => ({ tree, values: 1, depth: 1 });

const nothing = (place: Place): Measured =>
  one({ kind: 'scalar', value: null, source: 'null', place });

/** Undefined where the key is refused; that is told. */
function readKey(
  pair: Pair,
  entries: ReadonlyMap<string, Entry>,
  reader: Reader,
): { readonly text: string; readonly place: Place } | undefined {
  const place = placeOf(pair.key, 0, reader);
  const say = (message: string, hint?: string): undefined =>
    void reader.diagnostics.push(problemAt(place, message, hint));
  if (!isScalar(pair.key)) {
    const what = isAlias(pair.key) ? 'an alias' : describeTree(read(pair.key, 0, reader).tree);
    return say(`a key is a text, not ${what}`);
  }
  if (pair.key.tag !== undefined) {
    return say(`tags like \`${shortTag(pair.key.tag)}\` are not used here`, tagHint);
  }
  const text = typeof pair.key.value === 'string' ? pair.key.value : (pair.key.source ?? '');
  if (text === '') return say('a key is missing before the colon');
  if (text === '<<') {
    reader.lost = true;
    return say('merge keys (`<<`) are not part of YAML 1.2', 'write out what it would bring');
  }
  if (text === '__proto__') return say('`__proto__` cannot be a key');
  if (text.includes('\0') || /\p{Cs}/u.test(text)) return say('this key is not a text');
  const before = entries.get(text);
  if (before === undefined) return { text, place };
  const { line } = reader.source.lines.linePos(before.key.start);
  return say(`the key \`${text}\` stands twice`, `it stands in line ${line} already; keep one`);
}

function placeOf(node: unknown, from: number, reader: Reader): Place {
  const range = isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range : null;
  const [start, end] = range ?? [from, from];
  return { source: reader.source, start, end };
}

const isTagged = (node: unknown): node is { readonly tag: string } =>
  (isMap(node) || isSeq(node) || isScalar(node)) && node.tag !== undefined;

const shortTag = (tag: string): string => tag.replace(/^tag:yaml\.org,2002:/, '!!');

const tagHint = 'write a text in quotes, and everything else as it is';
