// Numbers out of a seed, the same on every machine: small and quick, for schedules by the hundred thousand.

export interface Random {
  /** 0 ≤ x < below, whole. */
  int(below: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
}

/** mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const int = (below: number): number => next() % below;
  return { int, once: (times) => int(times) === 0 };
}
