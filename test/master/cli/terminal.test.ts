import { describe, expect, it } from 'vitest';
import { Canvas } from '../../../master/cli/terminal.ts';

/** As much of a terminal as the canvas uses: rows of text, a cursor, two ways to clear. */
class Paper {
  width: number;
  rows: string[] = [''];
  row = 0;
  column = 0;
  written = '';

  constructor(width: number) {
    this.width = width;
  }

  write(text: string): void {
    this.written = text;
    text.split('\u001b[').forEach((part, index) => {
      this.#take(part, index > 0);
    });
  }

  #take(part: string, sequence: boolean): void {
    const [, argument = '', letter = ''] = sequence
      ? (/^([?0-9]*)([A-Za-z])/.exec(part) ?? [])
      : [];
    if (letter === 'A') this.row -= Number(argument);
    if (letter === 'K') this.rows[this.row] = this.#current().slice(0, this.column);
    if (letter === 'J') {
      this.rows.length = this.row + 1;
      this.rows[this.row] = this.#current().slice(0, this.column);
    }
    for (const character of part.slice(argument.length + letter.length)) this.#put(character);
  }

  #put(character: string): void {
    if (character === '\r') this.column = 0;
    else if (character === '\n') this.row += 1;
    else {
      const line = this.#current().padEnd(this.column);
      this.rows[this.row] = line.slice(0, this.column) + character + line.slice(this.column + 1);
      this.column += 1;
    }
  }

  #current(): string {
    return this.rows[this.row] ?? '';
  }
}

function drawing(width = 20) {
  const paper = new Paper(width);
  const canvas = new Canvas({
    write: (text) => {
      paper.write(text);
    },
    columns: () => paper.width,
    rows: () => 10,
  });
  const shown = (): string[] => paper.rows.filter((line) => line !== '');
  return { paper, canvas, shown };
}

describe('the canvas', () => {
  it('shows each frame in place of the one before', () => {
    const { canvas, shown } = drawing();
    canvas.draw(['one', 'two and more', 'three']);
    canvas.draw(['one', 'two', 'three']);
    expect(shown()).toEqual(['one', 'two', 'three']);
    canvas.draw(['only']);
    expect(shown()).toEqual(['only']);
    canvas.draw(['now', 'four', 'lines', 'again']);
    expect(shown()).toEqual(['now', 'four', 'lines', 'again']);
  });

  it('writes only the lines that changed', () => {
    const { canvas, paper } = drawing();
    canvas.draw(['one', 'two', 'three']);
    canvas.draw(['one', 'TWO', 'three']);
    expect(paper.written).toContain('TWO');
    expect(paper.written).not.toContain('one');
    expect(paper.written).not.toContain('three');
  });

  it('does not clear behind a line that fills the row', () => {
    const { canvas, paper, shown } = drawing(5);
    canvas.draw(['first', 'b']);
    canvas.draw(['later', 'b']);
    expect(paper.written).not.toContain('\u001b[K');
    expect(shown()).toEqual(['later', 'b']);
  });

  it('walks back over lines that a narrower window has broken', () => {
    const { canvas, paper } = drawing(20);
    canvas.draw(['x'.repeat(18), 'y']);
    paper.width = 10;
    canvas.draw(['x', 'y']);
    // Two rows of the broken line and one of the other.
    expect(paper.written).toContain('\r\u001b[3A\u001b[J');
  });

  it('never climbs out of the window, and never draws past its end', () => {
    const { canvas, paper } = drawing();
    canvas.draw(Array.from({ length: 30 }, (_, n) => `line ${n}`));
    canvas.draw(['a']);
    expect(paper.written).toContain('\u001b[9A');
  });

  it('leaves nothing behind when cleared, and the cursor visible either way', () => {
    const { canvas, paper, shown } = drawing();
    canvas.draw(['one', 'two']);
    expect(paper.written).toContain('\u001b[?25l');
    canvas.clear();
    expect(shown()).toEqual([]);
    expect(paper.written).toContain('\u001b[?25h');
    canvas.draw(['one']);
    canvas.release();
    expect(shown()).toEqual(['one']);
    expect(paper.written).toContain('\u001b[?25h');
  });
});
