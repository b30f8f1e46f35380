// YAML 1.2, core schema, read into trees: no tags, no merge keys, no directives, one document, keys
// that are texts and stand once, aliases that cannot grow. Never throws, whatever the text.

import { Composer, Parser, Schema, type CST, type Document, type ParsedNode } from 'yaml';
import { bounds } from './bounds.ts';
import type { Diagnostic } from './diagnostics.ts';
import { readSimple } from './simple-yaml.ts';
import { problemAt, type SourceText } from './source-text.ts';
import type { Tree } from './tree.ts';
import { toTree } from './yaml-tree.ts';

export interface ReadYaml {
  /** Without what the diagnostics refuse; absent where too little of it could be read. */
  readonly tree?: Tree;
  readonly diagnostics: readonly Diagnostic[];
}

export function readYaml(source: SourceText): ReadYaml {
  const tree = readSimple(source);
  if (tree === undefined) return readWhole(source);
  addLines(source);
  return { tree, diagnostics: [] };
}

function addLines({ text, lines }: SourceText): void {
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lines.addNewLine(at + 1);
  }
}

/** With the library, which knows all of YAML. */
export function readWhole(source: SourceText): ReadYaml {
  try {
    const tokens = lex(source);
    if (tokens === undefined) {
      return { diagnostics: [at(source, 0, 'this file says too much', 'part it into several')] };
    }
    const refused = refuseTokens(tokens, source);
    if (refused.length > 0) return { diagnostics: refused };
    const [document] = new Composer({ ...options, schema: core }).compose(
      tokens,
      true,
      source.text.length,
    );
    return document === undefined ? { diagnostics: [] } : readDocument(document, source);
  } catch (error) {
    // The library is held to throw nothing; should it, the file is refused, and not the master.
    const message = error instanceof Error ? error.message : String(error);
    return { diagnostics: [at(source, 0, `this cannot be read as YAML: ${message}`)] };
  }
}

const options = { version: '1.2', uniqueKeys: false, prettyErrors: false } as const;
/** Made once: the library would make it anew for every file. */
const core = new Schema({ schema: 'core' });

function readDocument(document: Document.Parsed<ParsedNode>, source: SourceText): ReadYaml {
  const errors = document.errors.slice(0, bounds.syntaxErrorsMax);
  if (errors.length > 0) {
    return { diagnostics: errors.map(({ pos, message }) => notYaml(source, pos, message)) };
  }
  return toTree(document.contents, source);
}

/** Tokens of the whole text; undefined where there would be too many. */
function lex({ text, lines }: SourceText): readonly CST.Token[] | undefined {
  // Every token but the words between them begins with a mark: this bounds them before any is made.
  const marks = text.match(/[\n,:[\]{}"'#&*!|>%@`?]|- /g)?.length ?? 0;
  return marks > bounds.marksMax ? undefined : [...new Parser(lines.addNewLine).parse(text)];
}

function refuseTokens(tokens: readonly CST.Token[], source: SourceText): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  let documents = 0;
  for (const token of tokens) {
    if (token.type === 'directive') {
      found.push(at(source, token.offset, 'directives are not used here', 'remove this line'));
    } else if (token.type === 'error') {
      found.push(notYaml(source, [token.offset, token.offset + 1], token.message));
    } else if (token.type === 'document') {
      documents += 1;
      const hint = 'one file is one document: remove this line and what follows';
      if (documents === 2) found.push(at(source, token.offset, 'a second document begins', hint));
      const deep = tooDeep(token);
      if (deep !== undefined) {
        const message = `this is nested more than ${bounds.depthMax} deep`;
        found.push(at(source, deep, message));
      }
    }
    if (found.length >= bounds.syntaxErrorsMax) break;
  }
  return found;
}

/** Where the nesting goes beyond what composing, which recurs, is given. */
function tooDeep(document: CST.Document): number | undefined {
  const open: { readonly token: CST.Token; readonly depth: number }[] = [];
  const add = (token: CST.Token | null | undefined, depth: number): void => {
    if (token) open.push({ token, depth });
  };
  add(document.value, 1);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > bounds.depthMax) return token.offset;
    if (!('items' in token)) continue;
    for (const item of token.items) {
      if ('key' in item) add(item.key, depth + 1);
      add(item.value, depth + 1);
    }
  }
  return undefined;
}

/** The library's own message, with a hint where its cause is known. */
function notYaml(source: SourceText, pos: readonly [number, number], words: string): Diagnostic {
  const { text } = source;
  // What is missing at the end is shown behind what stands there last.
  const start = Math.min(pos[0], text.trimEnd().length);
  const place = { source, start, end: Math.max(start + 1, pos[1]) };
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1).split('\n', 1)[0] ?? '';
  const [, hint] = line.includes('${')
    ? [undefined, 'put quotes around text with `${…}` in it']
    : (hints.find(([pattern]) => pattern.test(words)) ?? []);
  return problemAt(place, `this is not YAML: ${lowered(words)}`, hint);
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/^Tabs/, 'indent with spaces'],
  [/end with a \]/, 'is a `]` missing?'],
  [/end with a \}/, 'is a `}` missing?'],
  [/^Missing closing/, 'is a quote missing?'],
  [/^Nested mappings/, 'put quotes around text with ": " in it'],
  [/^Implicit (map )?keys/, 'is a colon, or the indentation of a longer text, missing?'],
  [/same column/, 'keys of one map begin in the same column'],
];

const lowered = (text: string): string =>
  `${text.slice(0, 1).toLowerCase()}${text.slice(1).split('\n', 1)[0] ?? ''}`;

const at = (source: SourceText, offset: number, message: string, hint?: string): Diagnostic =>
  problemAt({ source, start: offset, end: offset + 1 }, message, hint);
