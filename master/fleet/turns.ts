// Work that must not overlap with other work of the same name: one after the other, in the order asked.

export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** What the work itself resolves to or throws; the next turn comes either way. */
  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const over = mine.then(nothing, nothing).then(() => {
      if (this.#last.get(name) === over) this.#last.delete(name);
    });
    this.#last.set(name, over);
    return mine;
  }

  /** When all that was asked until now is over. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}

const nothing = (): void => undefined;
