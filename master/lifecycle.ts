// What a running master has opened, closed in the opposite order: once, within a time, and going on
// when one part fails to close.

import type { Logger } from 'pino';

interface Closing {
  readonly name: string;
  readonly close: () => unknown;
}

export class Lifecycle {
  readonly #log: Logger;
  readonly #opened: Closing[] = [];
  #closing: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Remembers how to close it and gives it back. */
  opened<T>(name: string, value: T, close: (value: T) => unknown): T {
    this.#opened.push({ name, close: () => close(value) });
    return value;
  }

  close(eachMsMax = 3_000): Promise<void> {
    this.#closing ??= this.#closeAll(eachMsMax);
    return this.#closing;
  }

  async #closeAll(eachMsMax: number): Promise<void> {
    for (const { name, close } of this.#opened.splice(0).reverse()) {
      try {
        await within(eachMsMax, async () => close());
      } catch (error) {
        this.#log.warn({ err: error, part: name }, 'could not be closed in good order');
      }
    }
  }
}

interface Output {
  on(event: 'error', told: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * Resolves with the signal that asked the process to end, a second one then ends it at once; or with
 * EPIPE where whoever read its log has left.
 */
export function endAsked(process: NodeJS.Process, log?: Output): Promise<NodeJS.Signals | 'EPIPE'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve(signal);
      });
    }
    log?.on('error', ({ code }) => {
      if (code === 'EPIPE') resolve(code);
    });
  });
}

async function within(ms: number, work: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no end within ${ms / 1_000} s`));
    }, ms);
  });
  try {
    await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
