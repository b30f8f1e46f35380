// What a command's end says: the words of its exit code.

import { limits } from '../../protocol/limits.ts';
import type { Tested, Verdict } from '../../protocol/test-schema.ts';
import { Fault } from '../../states/faults.ts';
import { formatDuration } from '../../states/units.ts';
import { clip } from '../reconcile/evidence.ts';
import type { Output } from './output.ts';

/** What runs in a container can say so itself: EX_TEMPFAIL of sysexits, as Debian's autopkgtest has it. */
const cannotSay = 75;

interface CommandEnd {
  readonly exitCode: number;
  readonly oomKilled?: boolean;
  readonly timedOut: boolean;
  readonly timeoutMs: number;
}

/** One that hangs has failed: it was begun, and a release that makes its tests hang is no good one. */
export function verdictOf({ exitCode, timedOut }: CommandEnd): Verdict {
  if (timedOut) return 'failed';
  if (exitCode === 0) return 'passed';
  return exitCode === cannotSay ? 'inconclusive' : 'failed';
}

export function endWords({ exitCode, oomKilled, timedOut, timeoutMs }: CommandEnd): string {
  if (timedOut) return `it did not end within ${formatDuration(timeoutMs)}`;
  if (oomKilled === true) return 'it was killed for using more memory than its limit';
  if (exitCode === cannotSay) return `exited with ${exitCode}: it cannot say`;
  return `exited with ${exitCode}`;
}

/** It could not be made; a defect of ours is thrown on. */
export function errored(error: unknown, output: Output, durationMs: number): Tested {
  if (!(error instanceof Fault)) throw error;
  const { code, message } = error.data;
  const none = { exitCode: null, counts: null };
  const kept = output.kept();
  return {
    ...{ verdict: 'errored', detail: shortened(message), code, durationMs, ...none },
    output: kept,
  };
}

export const shortened = (text: string): string => clip(text, detailCharsMax);

const detailCharsMax = 1_500;
/** Enough to tell which line it was. */
export const lastLineCharsMax = Math.min(300, limits.logLineCharsMax);
