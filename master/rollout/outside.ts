// What hosts say outside of a rollout: one that was away converges, one that is back tells what it
// holds. Decides what is written; the driver commits it.

import type { Report } from '../../protocol/messages.ts';
import type { HostId } from '../../states/ids.ts';
import type { NewEvent } from '../events.ts';
import type { Compare, Write } from '../store/store.ts';
import { keys, type Versioned } from './keys.ts';
import { failedPhase, firstWords, gotThere, longestGap } from './outcome.ts';
import type { DesiredRecord, ObservedRecord } from './record.ts';

export interface Writing {
  readonly compares: readonly Compare[];
  readonly writes: readonly Write[];
  readonly events: readonly NewEvent[];
}

export const nothingToWrite: Writing = { compares: [], writes: [], events: [] };

/** Undefined where the report is not newer than what is known: a repetition. */
export function observedWriting(
  host: HostId,
  told: ObservedRecord,
  known: Versioned<ObservedRecord>,
): Writing | undefined {
  const { value, revision } = known;
  if (value !== undefined && !isNewer(told, value)) return undefined;
  const key = keys.observed(told.report.environment, host);
  return { compares: [{ key, revision }], writes: [{ put: key, value: told }], events: [] };
}

/**
 * By the host's own numbers: its clock may go back. Only where it counts from one again, because it lost
 * its journal, that clock tells a new report from one that is sent once more.
 */
function isNewer({ seq, report }: ObservedRecord, known: ObservedRecord): boolean {
  const { generation, endedAt } = known.report;
  if (report.generation !== generation) return report.generation > generation;
  return seq > known.seq || report.endedAt > endedAt;
}

/** A host that got where it should, or could not, while no rollout waited for it. */
export function convergedWriting(
  host: HostId,
  report: Report,
  desired: Versioned<DesiredRecord>,
): Writing {
  const { value, revision } = desired;
  if (value === undefined || report.mode !== 'run' || report.generation !== value.generation) {
    return nothingToWrite;
  }
  const done = gotThere(report);
  const key = keys.desired(report.environment, host);
  // What runs there now has proved itself, and is what a rollback goes back to.
  const good = done ? { put: key, value: { ...value, good: value.state } } : undefined;
  return {
    compares: good === undefined ? [] : [{ key, revision }],
    writes: good === undefined ? [] : [good],
    events: done && report.writes === 0 ? [] : [convergedEvent(host, report, value)],
  };
}

function convergedEvent(host: HostId, report: Report, { state }: DesiredRecord): NewEvent {
  const { release, commit, environment } = state;
  const done = gotThere(report);
  const gapMs = longestGap(report);
  return {
    ...{ kind: 'host', environment, release, commit, host, actor: `minion:${host}` },
    ...{ cause: 'converge', phase: done ? 'done' : failedPhase(report) },
    message: done ? `has converged to release ${release}` : firstWords(report.failures),
    ...(report.failures.length === 0 ? {} : { failures: report.failures }),
    ...(gapMs === undefined ? {} : { gapMs }),
  };
}

/**
 * A host that says it holds something newer than it was ever asked for (its disk or the master's is
 * an older copy) hears only what is newer still.
 */
export function outnumberedWriting(
  where: { readonly environment: string; readonly host: HostId },
  held: number,
  desired: Versioned<DesiredRecord>,
): Writing {
  const { environment, host } = where;
  const { value, revision } = desired;
  if (value === undefined) {
    // Nothing is wanted of it here; the next rollout has to know which number is taken.
    const key = keys.held(environment, host);
    return { compares: [], writes: [{ put: key, value: { generation: held } }], events: [] };
  }
  const key = keys.desired(environment, host);
  const next = { ...value, generation: held + 1 };
  return { compares: [{ key, revision }], writes: [{ put: key, value: next }], events: [] };
}

export const joined = (...parts: readonly Writing[]): Writing => ({
  compares: parts.flatMap(({ compares }) => compares),
  writes: parts.flatMap(({ writes }) => writes),
  events: parts.flatMap(({ events }) => events),
});
