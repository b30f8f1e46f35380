// What a test said, with a bound: its beginning and its end are kept, what was left out is counted.

import { limits } from '../../protocol/limits.ts';
import type { KeptOutput } from '../../protocol/test-schema.ts';

export class Output {
  #head = '';
  #headFull = false;
  /** Of which those before `from` are dropped already. */
  #tail: string[] = [];
  #from = 0;
  #tailChars = 0;
  #omittedLines = 0;
  #omittedChars = 0;

  add(line: string): void {
    const text = `${line}\n`;
    if (!this.#headFull && this.#head.length + text.length <= limits.outputHeadCharsMax) {
      this.#head += text;
      return;
    }
    this.#headFull = true;
    const fitting = text.slice(-limits.outputTailCharsMax);
    this.#omittedChars += text.length - fitting.length;
    this.#tail.push(fitting);
    this.#tailChars += fitting.length;
    while (this.#tailChars > limits.outputTailCharsMax) this.#drop();
  }

  /** The newest line that is not empty. */
  get last(): string {
    const lines = `${this.#head}${this.#tail.slice(this.#from).join('')}`.trimEnd();
    return lines.slice(lines.lastIndexOf('\n') + 1).trim();
  }

  kept(): KeptOutput {
    return {
      head: this.#head,
      tail: this.#tail.slice(this.#from).join(''),
      omittedLines: this.#omittedLines,
      omittedChars: this.#omittedChars,
    };
  }

  #drop(): void {
    const oldest = this.#tail[this.#from] ?? '';
    this.#from += 1;
    this.#tailChars -= oldest.length;
    this.#omittedLines += 1;
    this.#omittedChars += oldest.length;
    // Moved rarely, so that a test that says very much costs no more for each of its lines.
    if (this.#from < this.#tail.length / 2) return;
    this.#tail = this.#tail.slice(this.#from);
    this.#from = 0;
  }
}
