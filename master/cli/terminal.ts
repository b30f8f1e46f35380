// Draws frames in place on a terminal: only lines that changed are written, nothing is cleared first,
// and the cursor finds its way back even after the window was made narrower.

import { widthOf } from './render/text.ts';

interface Terminal {
  write(text: string): void;
  columns(): number;
  rows(): number;
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
// Terminals that know it hold the picture until the end mark; the others ignore both.
const beginFrame = '\u001b[?2026h';
const endFrame = '\u001b[?2026l';
const clearBelow = '\u001b[J';
const clearLineRest = '\u001b[K';

export class Canvas {
  readonly #terminal: Terminal;
  #drawn: readonly string[] = [];
  #columns = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  draw(frame: readonly string[]): void {
    const columns = this.#terminal.columns();
    const resized = columns !== this.#columns;
    const lines = frame.slice(0, Math.max(1, this.#terminal.rows() - 1));
    const start = this.#drawn.length === 0 ? hideCursor : this.#upToFirst(columns);
    const text = resized
      ? clearBelow + lines.map((line) => `${line}\r\n`).join('')
      : this.#changes(lines, columns);
    this.#terminal.write(`${beginFrame}${start}${text}${endFrame}`);
    this.#drawn = lines;
    this.#columns = columns;
  }

  /** Takes the picture away and leaves the cursor where it began. */
  clear(): void {
    if (this.#drawn.length === 0) return;
    this.#terminal.write(`${this.#upToFirst(this.#terminal.columns())}${clearBelow}${showCursor}`);
    this.#drawn = [];
  }

  /** Leaves the picture as it stands. */
  release(): void {
    if (this.#drawn.length > 0) this.#terminal.write(showCursor);
    this.#drawn = [];
  }

  #changes(lines: readonly string[], columns: number): string {
    const written = lines.map((line, index) => {
      if (line === this.#drawn[index]) return '\r\n';
      // A line that fills the row leaves the cursor on its last column: clearing would eat it.
      return `${line}${widthOf(line) < columns ? clearLineRest : ''}\r\n`;
    });
    return written.join('') + (lines.length < this.#drawn.length ? clearBelow : '');
  }

  /** A narrower window has broken long lines into several rows; all of them are walked back. */
  #upToFirst(columns: number): string {
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / Math.max(1, columns))),
      0,
    );
    const up = Math.min(rows, this.#terminal.rows() - 1);
    return `\r${up > 0 ? `\u001b[${up}A` : ''}`;
  }
}
