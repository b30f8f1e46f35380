// Lines on their way to who watches: gathered for a moment, so that each is not a message, and no more
// of them than can be read.

import { limits } from '../../protocol/limits.ts';
import type { Say } from '../calls.ts';
import { clip } from '../reconcile/evidence.ts';

const gatherMs = 200;

export class Live {
  readonly #say: Say;
  #lines: string[] = [];
  #missed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(say: Say) {
    this.#say = say;
  }

  add(line: string): void {
    // One place is for how many are missing.
    if (this.#lines.length >= limits.liveLinesMax - 1) this.#missed += 1;
    else this.#lines.push(clip(line, limits.logLineCharsMax));
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, gatherMs);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const missed = this.#missed === 0 ? [] : [`… ${this.#missed} more lines`];
    if (this.#lines.length > 0) this.#say([...this.#lines, ...missed]);
    this.#lines = [];
    this.#missed = 0;
  }
}
