// Every bound of the pipeline in one place, with its unit in the name: no promotion waits for ever, and
// nothing that is kept grows for ever.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export const pipelineLimits = {
  /** A commit of the versions file must be answered for within this time, or is tried again. */
  commitMs: 2 * minute,
  /** A rollback does not wait longer than this for git before it goes on to the hosts. */
  commitBackMs: 15_000,
  /** From asking for a rollout to hearing its number. */
  rolloutStartMs: 5 * minute,
  /** A backstop: rollouts have a deadline of their own, which progress moves. */
  rolloutMs: 24 * hour,
  /** Beyond a test's own time limit, for its start and the way of its answer. */
  testGraceMs: 2 * minute,
  /** A rollout that was told to stop counts as stopped after this time. */
  abortMs: 2 * minute,
  retryMsMin: 15_000,
  retryMsMax: 10 * minute,
  /** Attempts in a row that errored before a promotion pauses: about an hour and a half. */
  triesMax: 12,
  /** As many for git, before anything was touched: about a day. */
  commitTriesMax: 150,
  /** How long a paused promotion waits for a person before it gives up. */
  pausedMs: day,
  /** How long a promotion waits for a gate: approval, window, hold, freeze. */
  blockedMs: 7 * day,
  /** How long one that a person asked for waits until its release is verified upstream. */
  unearnedMs: day,
  /** How long an image waits for those that it is released together with. */
  arrivalMs: 7 * day,
  /** Rollbacks in a row that stop a stage. */
  rollbacksMax: 2,
  releasesKept: 200,
  verifiedKept: 100,
  quarantinedKept: 200,
  approvalsKept: 50,
  reasonCharsMax: 2_000,
} as const;

/** Doubles from the least to the most: 15 s, 30 s, 1 min, … 10 min. `tries` counts from 1. */
export const retryMs = (tries: number): number =>
  Math.min(pipelineLimits.retryMsMax, pipelineLimits.retryMsMin * 2 ** Math.min(tries - 1, 20));
