// How long to wait before something is tried again. Pure; chance and time are given.

interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Doubles from try to try, less up to half of it by chance; `tries` counts from 0. */
export const backoffMs = (tries: number, random: number, { minMs, maxMs }: Backoff): number =>
  Math.round(Math.min(maxMs, minMs * 2 ** Math.min(tries, 30)) * (1 - random / 2));

/** What is known of the repairs of one service. */
export interface Repairs {
  /** Since it was last right for long. */
  readonly tries: number;
  readonly lastAt: number;
  readonly told: number;
  readonly toldAt: number;
  readonly toldAs: string;
}

export const noRepairs: Repairs = { tries: 0, lastAt: 0, told: 0, toldAt: 0, toldAs: '' };

const repairMsMin = 1_000;
const repairMsMax = 60_000;
/** Right for so long after a repair, and the next one is a first one again, and told. */
const calmMs = 600_000;
const tellMsMin = 60_000;
const tellMsMax = 3_600_000;

/** 0 for the first; then 1 s, 2 s, 4 s, … after the last one, at most a minute. */
export function repairInMs(repairs: Repairs, now: number): number {
  const { tries, lastAt } = settled(repairs, now);
  if (tries === 0) return 0;
  const pause = Math.min(repairMsMax, repairMsMin * 2 ** Math.min(tries - 1, 30));
  return Math.max(0, lastAt + pause - now);
}

export const afterRepair = (repairs: Repairs, now: number): Repairs => {
  const before = settled(repairs, now);
  return { ...before, tries: before.tries + 1, lastAt: now };
};

/**
 * The first is told; of those that follow one a minute, then one in two minutes, … one an hour. That
 * it was put right is told whenever it was last told that it was not; that it was not again, sooner
 * than the same would be.
 */
export function isToTell(repairs: Repairs, action: string, now: number): boolean {
  const { told, toldAt, toldAs } = settled(repairs, now);
  const wasGood = toldAs === 'repaired';
  if (told === 0 || (action === 'repaired' && !wasGood)) return true;
  const pause = Math.min(tellMsMax, tellMsMin * 2 ** Math.min(told - 1, 30));
  return now - toldAt >= (wasGood && action !== toldAs ? pause / 6 : pause);
}

export const afterTelling = (repairs: Repairs, action: string, now: number): Repairs => ({
  ...repairs,
  told: repairs.told + 1,
  toldAt: now,
  toldAs: action,
});

const settled = (repairs: Repairs, now: number): Repairs =>
  now - repairs.lastAt >= calmMs ? noRepairs : repairs;
