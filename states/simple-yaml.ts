// Reads the YAML that people write nine times in ten (block maps and lists, flow collections of one
// line, plain and simply quoted scalars, comments) several times as fast as the library does. Knows
// no error: at anything else it gives up, and the library reads the file. A test holds both equal.

import { bounds } from './bounds.ts';
import { plainInBlock, plainInFlow, plainKey, quotedText, resolvePlain } from './plain-scalar.ts';
import type { Place, SourceText } from './source-text.ts';
import type { Entry, MapTree, Tree } from './tree.ts';

/** Undefined where the file needs the whole language. */
export function readSimple(source: SourceText): MapTree | undefined {
  if (/[^\x20-\x7e\n]/.test(source.text)) return undefined;
  const lines = contentLines(source.text);
  const [first] = lines;
  if (first === undefined || first.indent > 0) return undefined;
  try {
    const reader = new Reader(source, lines);
    const tree = reader.blockMap(0);
    return reader.atEnd ? tree : undefined;
  } catch (error) {
    if (error instanceof NotSimple) return undefined;
    throw error;
  }
}

class NotSimple extends Error {}
const tooMuch = new NotSimple();

interface Line {
  readonly indent: number;
  /** Offsets of its first character that is no space, and behind its last. */
  readonly start: number;
  readonly end: number;
}

/** Lines that hold more than spaces and a comment. */
function contentLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    let start = from;
    while (text[start] === ' ') start += 1;
    if (start < end && text[start] !== '#') lines.push({ indent: start - from, start, end });
    from = end + 1;
  }
  return lines;
}

class Reader {
  readonly #source: SourceText;
  readonly #text: string;
  readonly #lines: readonly Line[];
  #line = 0;
  #at = 0;

  constructor(source: SourceText, lines: readonly Line[]) {
    this.#source = source;
    this.#text = source.text;
    this.#lines = lines;
  }

  get atEnd(): boolean {
    return this.#line === this.#lines.length;
  }

  /** All lines of this indentation, which the first of them has. */
  blockMap(depth: number): MapTree {
    const { indent, start } = this.#present(depth);
    const entries = new Map<string, Entry>();
    let end = start;
    for (let line = this.#next; line?.indent === indent; line = this.#next) {
      this.#at = line.start;
      const key = this.#key(entries);
      const value = this.#valueOf(line, depth);
      entries.set(key.text, { key: key.place, value });
      end = value.place.end;
    }
    this.#closed(indent);
    return { kind: 'map', entries, place: this.#place(start, end) };
  }

  #blockList(depth: number): Tree {
    const { indent, start } = this.#present(depth);
    const items: Tree[] = [];
    let end = start;
    for (let line = this.#next; line?.indent === indent && this.#isItem(line); line = this.#next) {
      this.#at = line.start + 2;
      this.#spaces();
      const item = this.#inline(line, depth, plainInBlock);
      items.push(item);
      end = item.place.end;
    }
    this.#closed(indent);
    return { kind: 'list', items, place: this.#place(start, end) };
  }

  #valueOf(line: Line, depth: number): Tree {
    this.#spaces();
    if (
      this.#at < line.end &&
      !(this.#text[this.#at] === '#' && this.#text[this.#at - 1] === ' ')
    ) {
      return this.#inline(line, depth, plainInBlock);
    }
    this.#line += 1;
    const below = this.#next;
    if (below !== undefined && below.indent >= line.indent && this.#isItem(below)) {
      return this.#blockList(depth + 1);
    }
    if (below === undefined || below.indent <= line.indent) throw tooMuch;
    return this.blockMap(depth + 1);
  }

  /** A value that ends with its line; what follows is not indented further. */
  #inline(line: Line, depth: number, plain: RegExp): Tree {
    const value = this.#value(depth + 1, plain);
    const rest = this.#text.slice(this.#at, line.end);
    if (!/^ *( #.*)?$/.test(rest)) throw tooMuch;
    this.#line += 1;
    if (this.#next !== undefined && this.#next.indent > line.indent) throw tooMuch;
    return value;
  }

  #value(depth: number, plain: RegExp): Tree {
    if (depth >= bounds.depthMax) throw tooMuch;
    const start = this.#at;
    switch (this.#text[start]) {
      case '{':
        return this.#flowMap(depth);
      case '[':
        return this.#flowList(depth);
      case '"':
      case "'": {
        const text = this.#quoted();
        return { kind: 'scalar', value: text, source: text, place: this.#place(start, this.#at) };
      }
      default: {
        const source = this.#match(plain);
        const value = resolvePlain(source);
        if (value === undefined) throw tooMuch;
        const shown = value === null ? 'null' : source;
        return { kind: 'scalar', value, source: shown, place: this.#place(start, this.#at) };
      }
    }
  }

  #flowMap(depth: number): Tree {
    const start = this.#at;
    const entries = new Map<string, Entry>();
    this.#items('}', () => {
      const key = this.#key(entries);
      this.#spaces();
      entries.set(key.text, { key: key.place, value: this.#value(depth + 1, plainInFlow) });
    });
    return { kind: 'map', entries, place: this.#place(start, this.#at) };
  }

  #flowList(depth: number): Tree {
    const start = this.#at;
    const items: Tree[] = [];
    this.#items(']', () => void items.push(this.#value(depth + 1, plainInFlow)));
    return { kind: 'list', items, place: this.#place(start, this.#at) };
  }

  #items(close: '}' | ']', read: () => void): void {
    this.#at += 1;
    this.#spaces();
    if (this.#text[this.#at] !== close) {
      for (;;) {
        read();
        this.#spaces();
        if (this.#text[this.#at] !== ',') break;
        this.#at += 1;
        this.#spaces();
      }
    }
    if (this.#text[this.#at] !== close) throw tooMuch;
    this.#at += 1;
  }

  #key(taken: ReadonlyMap<string, Entry>): { readonly text: string; readonly place: Place } {
    const start = this.#at;
    const first = this.#text[start];
    const text = first === '"' || first === "'" ? this.#quoted() : this.#match(plainKey);
    const place = this.#place(start, this.#at);
    const after = this.#text[this.#at + 1];
    const colon = this.#text[this.#at] === ':' && (after === ' ' || after === '\n');
    if (!colon || text === '' || text === '<<' || text === '__proto__' || taken.has(text)) {
      throw tooMuch;
    }
    this.#at += 1;
    return { text, place };
  }

  #quoted(): string {
    const whole = this.#match(quotedText);
    if (this.#text[this.#at] === whole[0]) throw tooMuch;
    return whole.slice(1, -1);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw tooMuch;
    this.#at = pattern.lastIndex;
    return found;
  }

  #spaces(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1;
  }

  get #next(): Line | undefined {
    return this.#lines[this.#line];
  }

  #present(depth: number): Line {
    const line = this.#next;
    if (line === undefined || depth >= bounds.depthMax - 1) throw tooMuch;
    return line;
  }

  /** The line behind a block must belong to one that it stands in. */
  #closed(indent: number): void {
    if (this.#next !== undefined && this.#next.indent > indent) throw tooMuch;
  }

  #isItem = ({ start }: Line): boolean =>
    this.#text[start] === '-' && this.#text[start + 1] === ' ';

  #place = (start: number, end: number): Place => ({ source: this.#source, start, end });
}
