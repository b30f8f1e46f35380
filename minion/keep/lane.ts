// One piece of work at a time: a newer one breaks the older off and waits until that has come to a
// safe point.

/** The work ends early, by rejecting or not, when the signal fires; what it rejects with then counts for nothing. */
type Work = (signal: AbortSignal) => Promise<void>;

export class Lane {
  readonly #onDefect: (error: unknown) => void;
  #stop = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #open = 0;

  constructor(onDefect: (error: unknown) => void) {
    this.#onDefect = onDefect;
  }

  get busy(): boolean {
    return this.#open > 0;
  }

  /** Takes the place of what is being done. */
  replace(work: Work): void {
    this.#stop.abort();
    const stop = new AbortController();
    this.#stop = stop;
    this.#open += 1;
    this.#last = this.#last.then(async () => {
      try {
        if (!stop.signal.aborted) await work(stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) this.#onDefect(error);
      } finally {
        this.#open -= 1;
      }
    });
  }

  /** Resolves when nothing is being done any more. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#last;
  }
}
