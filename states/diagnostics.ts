// What is wrong in the states and where: collected, sorted, and shown with the line and a caret.

import { bounds } from './bounds.ts';
import { readText, type StateFiles } from './files.ts';
import type { SourcePosition } from './model.ts';

export interface Diagnostic extends SourcePosition {
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Characters that are meant, from the column on; 1 where absent. */
  readonly length?: number;
}

/** In order of file, line and column, each once. */
export function tidyDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return [...diagnostics].sort(inOrder).filter(({ file, line, column, message }) => {
    const key = JSON.stringify([file, line, column, message]);
    return !seen.has(key) && seen.add(key);
  });
}

const inOrder = (one: Diagnostic, other: Diagnostic): number =>
  compareText(one.file, other.file) || one.line - other.line || one.column - other.column;

const compareText = (one: string, other: string): number =>
  one === other ? 0 : one < other ? -1 : 1;

/** `file:line:column: message`, the line, a caret, and the hint; an empty line between two. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], files: StateFiles): string {
  const lines = new Map<string, readonly string[]>();
  const lineOf = ({ file, line }: Diagnostic): string | undefined => {
    const known = lines.get(file) ?? readText(files, file)?.split(/\r?\n/) ?? [];
    lines.set(file, known);
    return known[line - 1];
  };
  const { diagnosticsShownMax: most } = bounds;
  const shown = diagnostics.slice(0, most).map((each) => renderOne(each, lineOf(each)));
  const more = diagnostics.length - shown.length;
  return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n\n');
}

function renderOne(diagnostic: Diagnostic, text: string | undefined): string {
  const { file, line, column, message, hint } = diagnostic;
  const margin = ' '.repeat(String(line).length + 2);
  return [
    `${file}:${line}:${column}: ${message}`,
    ...(text === undefined || text.trim() === '' ? [] : excerpt(diagnostic, text, margin)),
    ...(hint === undefined ? [] : [`${margin} = ${hint}`]),
  ].join('\n');
}

const excerptCharsMax = 100;

/** The line and the caret below it; of a long line the part around the caret. */
function excerpt(diagnostic: Diagnostic, text: string, margin: string): readonly string[] {
  const { line, column, length = 1 } = diagnostic;
  const at = Math.min(column - 1, text.length);
  const from = text.length <= excerptCharsMax ? 0 : Math.max(0, at - excerptCharsMax / 2);
  const to = Math.min(text.length, from + excerptCharsMax);
  const before = `${from > 0 ? '…' : ''}${text.slice(from, at)}`;
  const after = `${text.slice(at, to)}${to < text.length ? '…' : ''}`;
  const carets = '^'.repeat(Math.max(1, Math.min(length, to - at)));
  const shown = `${before}${after}`.replaceAll('\t', '  ').trimEnd();
  return [` ${line} | ${shown}`, `${margin}| ${blank(before)}${carets}`];
}

/** As wide as the text is on a terminal. */
const blank = (text: string): string =>
  [...text.replaceAll('\t', '  ')].map((character) => (isWide(character) ? '  ' : ' ')).join('');

const isWide = (character: string): boolean =>
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
    character,
  );
