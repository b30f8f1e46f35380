// Puts a tree through a schema: the clean value, or every mistake with its place and what to do.

import { z } from 'zod';
import type { Diagnostic } from '../diagnostics.ts';
import { problemAt, type Place } from '../source-text.ts';
import { suggest } from '../suggest.ts';
import { describeTree, oddScalars, toPlain, treeAt, type Tree } from '../tree.ts';
import { leafMeta, wrongType } from './leaf.ts';
import { titleOf } from './shape.ts';
import { stranger } from './strangers.ts';
import { bare, keysOf, schemaAt } from './walk.ts';

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** `plain` is what the tree says, with what stood in it already resolved. */
export function check<T>(
  schema: z.ZodType<T>,
  tree: Tree,
  plain: unknown = toPlain(tree),
): Checked<T> {
  const odd = oddText(schema, tree);
  const parsed = schema.safeParse(plain);
  if (parsed.success && odd.length === 0) return { ok: true, value: parsed.data };
  const issues = parsed.error?.issues ?? [];
  const misspelt = new Set(issues.flatMap((issue) => meantKeys(issue, schema)));
  const told = issues
    .filter(({ path }) => !misspelt.has(pathKey(path)) || treeAt(tree, path) !== undefined)
    .flatMap((issue) => inWords(issue, { schema, tree, plain, path: issue.path }));
  return { ok: false, diagnostics: [...odd, ...told] };
}

/** Keys that are missing only because they are misspelt; the misspelling says more. */
function meantKeys(issue: z.core.$ZodIssue, schema: z.core.$ZodType): readonly string[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const known = keysOf(schemaAt(schema, issue.path));
  return issue.keys
    .map((key) => suggest(key, known))
    .filter((key) => key !== undefined)
    .map((key) => pathKey([...issue.path, key]));
}

const pathKey = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String));

/** A number where a text is taken, written so that it reads back as another one: `1.10`. */
function oddText(schema: z.ZodType, tree: Tree): readonly Diagnostic[] {
  return [...oddScalars(tree)].flatMap(({ scalar, path }) => {
    const at = schemaAt(schema, path);
    if (at === undefined || leafMeta(at)?.anyText !== true) return [];
    const message = `${scalar.source} would be read as ${String(scalar.value)}`;
    return [problemAt(scalar.place, message, quoteIt(scalar.source))];
  });
}

const quoteIt = (source: string): string => `quote it: "${source}"`;

interface At {
  readonly schema: z.core.$ZodType;
  readonly tree: Tree;
  readonly plain: unknown;
  readonly path: readonly PropertyKey[];
}

function inWords(issue: z.core.$ZodIssue, at: At): readonly Diagnostic[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, at));
    case 'invalid_key':
      return issue.issues.map((inner) =>
        problemAt(keyPlace(at), inner.message, hintOf(inner) ?? undefined),
      );
    case 'custom':
      return issue.params?.wrongType === wrongType.wrongType
        ? [wrongKind(at)]
        : [problemAt(valuePlace(at), issue.message, hintOf(issue))];
    case 'too_small':
      return [problemAt(valuePlace(at), 'this list is empty', 'take the key out, or fill it')];
    case 'too_big':
      return [problemAt(valuePlace(at), `this list has more than ${issue.maximum} items`)];
    case 'invalid_union':
      return nearestBranch(issue, at) ?? [wrongKind(at)];
    default:
      return [wrongKind(at)];
  }
}

/** Where one of several forms fits but for what is inside it, that is told. */
function nearestBranch(
  issue: z.core.$ZodIssueInvalidUnion,
  at: At,
): readonly Diagnostic[] | undefined {
  const branch = issue.errors.find((issues) => issues.every(({ path }) => path.length > 0));
  return branch?.flatMap((inner) => inWords(inner, { ...at, path: [...at.path, ...inner.path] }));
}

function hintOf(issue: z.core.$ZodIssue): string | undefined {
  const hint: unknown = issue.code === 'custom' ? issue.params?.hint : undefined;
  return typeof hint === 'string' ? hint : undefined;
}

function unknownKey(key: string, at: At): Diagnostic {
  const place = keyPlace({ ...at, path: [...at.path, key] });
  const map = schemaAt(at.schema, at.path);
  const title = (map && titleOf(map)) ?? 'this map';
  const known = stranger(title, key);
  const keys = keysOf(map);
  const meant = suggest(key, keys);
  // A word of Compose may be near to another of ours; what people meant by it is known better.
  if (known !== undefined) return problemAt(place, known.message, known.hint);
  const hint = meant === undefined ? `there are ${keys.join(', ')}` : `did you mean \`${meant}\`?`;
  return problemAt(place, `unknown key \`${key}\` in ${title}`, hint);
}

/** The value is missing, or is of another type than the key takes. */
function wrongKind(at: At): Diagnostic {
  const { path, schema } = at;
  const found = treeAt(at.tree, path);
  const expected = schemaAt(schema, path);
  const takes = expected === undefined ? 'something else' : takesOf(expected);
  const key = path.at(-1);
  if (found === undefined) {
    const title = titleOf(schemaAt(schema, path.slice(0, -1)) ?? schema) ?? 'this map';
    const place = valuePlace({ ...at, path: path.slice(0, -1) });
    const name = `\`${String(key)}\` is missing in ${title}`;
    return problemAt({ ...place, end: place.start + 1 }, name, `it takes ${takes}`);
  }
  const subject = typeof key === 'string' ? `\`${key}\`` : 'this';
  const message = `${subject} takes ${takes}, not ${describe(found, at)}`;
  return problemAt(found.place, message, wrongKindHint(found, expected));
}

/** What is written there, or what it came to where it refers to something. */
function describe(found: Tree, { plain, path }: At): string {
  let value = plain;
  for (const step of path) {
    value = (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[step];
  }
  const same = found.kind !== 'scalar' || found.value === value;
  if (same || (typeof value !== 'string' && typeof value !== 'number')) return describeTree(found);
  return describeTree({ ...found, value, source: String(value) });
}

function takesOf(schema: z.core.$ZodType): string {
  const leaf = leafMeta(schema);
  if (leaf !== undefined) return leaf.takes;
  if (schema instanceof z.ZodArray) return 'a list';
  if (!(schema instanceof z.ZodUnion)) return 'a map';
  return schema.options.map((option) => takesOf(bare(option))).join(', or ');
}

function wrongKindHint(found: Tree, expected: z.core.$ZodType | undefined): string | undefined {
  if (found.kind === 'list' || found.kind === 'map') {
    const pairs = found.kind === 'list' && expected instanceof z.ZodRecord;
    return pairs ? 'write `key: value`, one in a line' : undefined;
  }
  const leaf = expected && leafMeta(expected);
  if (leaf === undefined) {
    if (typeof found.value !== 'string') return undefined;
    if (keysOf(expected).includes(found.value)) return `write \`{ ${found.value}: true }\``;
    if (!(expected instanceof z.ZodArray)) return undefined;
    const words = found.value.split(/\s+/).filter((word) => word !== '');
    return `write it as a list: [${words.map(asItem).join(', ')}]`;
  }
  if (found.value === null) {
    return leaf.anyText ? 'write "" for an empty text, or take the key out' : undefined;
  }
  if (typeof found.value !== 'string') {
    return leaf.json.type === 'string' || leaf.takes === 'text' ? quoteIt(found.source) : undefined;
  }
  const quoted = found.value === 'true' || found.value === 'false';
  return quoted ? `take the quotes away: ${found.value}` : undefined;
}

const asItem = (word: string): string =>
  /^[A-Za-z/._-][\w./=-]*$/.test(word) ? word : JSON.stringify(word);

const valuePlace = ({ tree, path }: At): Place => {
  for (let length = path.length; length > 0; length -= 1) {
    const found = treeAt(tree, path.slice(0, length));
    if (found !== undefined) return found.place;
  }
  return tree.place;
};

const keyPlace = (at: At): Place => {
  const parent = treeAt(at.tree, at.path.slice(0, -1));
  const key = String(at.path.at(-1));
  const entry = parent?.kind === 'map' ? parent.entries.get(key) : undefined;
  return entry?.key ?? valuePlace(at);
};
