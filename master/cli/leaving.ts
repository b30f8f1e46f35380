// Who stays with what goes on and presses Ctrl-C leaves it alone, and ends only this program.

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `run` gets a signal that is aborted when the person leaves. */
export async function untilLeaving<T>(run: (left: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onInterrupt = (): void => {
    stop.abort();
  };
  for (const signal of signals) process.once(signal, onInterrupt);
  try {
    return await run(stop.signal);
  } finally {
    for (const signal of signals) process.removeListener(signal, onInterrupt);
  }
}
