// YAML 1.2, core schema, read into trees: no tags, no merge keys, no directives, one document, keys
// that are texts and stand once, aliases that cannot grow. Never throws, whatever the text.

import {
  Composer,
  Lexer,
  Parser,
  Schema,
  type CST,
  type Document,
  type ParsedNode,
  type YAMLError,
} from 'yaml';
import { bounds } from './bounds.ts';
import type { Diagnostic } from './diagnostics.ts';
import { problemAt, type SourceText } from './source-text.ts';
import type { Tree } from './tree.ts';
import { toTree } from './yaml-tree.ts';

export interface ReadYaml {
  /** Absent where there are diagnostics. */
  readonly tree?: Tree;
  readonly diagnostics: readonly Diagnostic[];
}

export function readYaml(source: SourceText): ReadYaml {
  try {
    const tokens = lex(source);
    if (!Array.isArray(tokens)) return { diagnostics: [tokens] };
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
  if (errors.length > 0) return { diagnostics: errors.map((error) => inWords(error, source)) };
  return toTree(document.contents, source);
}

/** Tokens of the whole text, or the place where there are too many. */
function lex(source: SourceText): CST.Token[] | Diagnostic {
  const parser = new Parser(source.lines.addNewLine);
  source.lines.addNewLine(0);
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(source.text)) {
    lexemes += 1;
    if (lexemes > bounds.lexemesMax) {
      return at(source, parser.offset, 'this file says too much', 'part it into several files');
    }
    tokens.push(...parser.next(lexeme));
  }
  return [...tokens, ...parser.end()];
}

function refuseTokens(tokens: readonly CST.Token[], source: SourceText): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  let documents = 0;
  for (const token of tokens) {
    if (token.type === 'directive') {
      found.push(at(source, token.offset, 'directives are not used here', 'remove this line'));
    } else if (token.type === 'error') {
      found.push(at(source, token.offset, `this is not YAML: ${lowered(token.message)}`));
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
function inWords(error: YAMLError, source: SourceText): Diagnostic {
  const [start, end] = error.pos;
  const place = { source, start, end: Math.max(start + 1, end) };
  const line = source.text.slice(source.text.lastIndexOf('\n', start - 1) + 1).split('\n', 1)[0];
  const hint = line?.includes('${')
    ? 'put quotes around text with `${…}` in it'
    : hints[error.code];
  return problemAt(place, `this is not YAML: ${lowered(error.message)}`, hint);
}

const hints: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BLOCK_AS_IMPLICIT_KEY: 'put quotes around text with ": " in it',
  MISSING_CHAR: 'is a quote, a bracket or a colon missing?',
  BAD_INDENT: 'keys of one map begin in the same column',
};

const lowered = (text: string): string =>
  `${text.slice(0, 1).toLowerCase()}${text.slice(1).split('\n', 1)[0] ?? ''}`;

const at = (source: SourceText, offset: number, message: string, hint?: string): Diagnostic =>
  problemAt({ source, start: offset, end: offset + 1 }, message, hint);
