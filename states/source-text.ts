// A file of states as text, and places in it. Line and column are worked out only when asked for.

import { LineCounter } from 'yaml';
import { bounds } from './bounds.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { SourcePosition } from './model.ts';

export interface SourceText {
  readonly file: string;
  readonly text: string;
  /** Filled by whoever parses the text. */
  readonly lines: LineCounter;
}

/** Offsets into the text; `end` is behind the last character. */
export interface Place {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

export const sourceText = (file: string, text: string): SourceText => ({
  file,
  text,
  lines: new LineCounter(),
});

export function positionOf({ source, start }: Place): SourcePosition {
  const { line, col } = source.lines.linePos(start);
  return { file: source.file, line: Math.max(1, line), column: Math.max(1, col) };
}

export const problemAt = (place: Place, message: string, hint?: string): Diagnostic => ({
  ...positionOf(place),
  message,
  length: Math.max(1, place.end - place.start),
  ...(hint === undefined ? {} : { hint }),
});

/** Of a text that nobody parses: its lines are counted here. */
export function wholeText(source: SourceText): Place {
  source.lines.addNewLine(0);
  for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1)) {
    source.lines.addNewLine(at + 1);
  }
  return { source, start: 0, end: source.text.length };
}

/** The text of a file, or why it is none. */
export function decode(file: string, bytes: Uint8Array): SourceText | Diagnostic {
  const start = { file, line: 1, column: 1 };
  if (bytes.length > bounds.fileBytesMax) {
    const most = `at most ${bounds.fileBytesMax / 1024} kB are read`;
    const message = `this file has ${Math.ceil(bytes.length / 1024)} kB; ${most}`;
    return { ...start, message, hint: 'states are small: is it really one of them?' };
  }
  try {
    return sourceText(file, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    const utf16 = /^(fffe|feff)/.test(Buffer.from(bytes.subarray(0, 2)).toString('hex'));
    const hint = `${utf16 ? 'it looks like UTF-16; ' : ''}save it as UTF-8`;
    return { ...positionOfBadByte(file, bytes), message: 'this is not UTF-8', hint };
  }
}

/** Where reading leniently puts a replacement character that the bytes do not have. */
function positionOfBadByte(file: string, bytes: Uint8Array): SourcePosition {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const encoder = new TextEncoder();
  let offset = 0;
  let from = 0;
  let at = text.indexOf(replacement);
  while (at >= 0) {
    offset += encoder.encode(text.slice(from, at)).length;
    if (!written.every((byte, index) => bytes[offset + index] === byte)) break;
    from = at;
    at = text.indexOf(replacement, at + 1);
  }
  const lines = text.slice(0, Math.max(0, at)).split('\n');
  return { file, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

const replacement = '\ufffd';
const written = [0xef, 0xbf, 0xbd];
