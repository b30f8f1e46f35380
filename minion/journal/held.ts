// What a minion holds: the desires it has accepted, how they ended, and what the master has not yet
// acknowledged. A pure fold over the journal's records, and the decisions that follow from it.

import type { EnvironmentName, ServiceName } from '../../states/ids.ts';
import type { Desire, HostFailure, Report, facts } from '../../protocol/messages.ts';
import type { z } from 'zod';
import { toldMax, type JournalRecord, type Told } from './records.ts';

export type Facts = z.infer<typeof facts>;

export interface HeldEnvironment {
  readonly newest: Desire;
  /** The newest that is to be run; the newest of all may be one that is only fetched. */
  readonly running: Desire | undefined;
  /** The newest that was reached; what the host goes back to. */
  readonly good: Desire | undefined;
  /** Why `running` failed, from the decision to go back until the report. */
  readonly goingBack: HostFailure[] | undefined;
  /** The final word on `running`. */
  readonly settled: Report | undefined;
  /** The final word on `newest` where that is only fetched. */
  readonly fetched: Report | undefined;
}

export interface Held {
  readonly environments: ReadonlyMap<EnvironmentName, HeldEnvironment>;
  /** In the order of their numbers. */
  readonly told: readonly Told[];
  readonly lastNumber: number;
  readonly facts: Facts;
  readonly owner: string | undefined;
}

export const holdsNothing: Held = {
  environments: new Map(),
  told: [],
  lastNumber: 0,
  facts: {},
  owner: undefined,
};

export function fold(held: Held, record: JournalRecord): Held {
  switch (record.kind) {
    case 'owner':
      return { ...held, owner: record.owner };
    case 'numbers':
      return { ...held, lastNumber: Math.max(held.lastNumber, record.last) };
    case 'facts':
      return { ...held, facts: record.facts };
    case 'desire':
      return withDesire(held, record.desire);
    case 'good':
      return changed(held, record.desire.state.environment, record.desire, { good: record.desire });
    case 'going-back': {
      const known = held.environments.get(record.environment);
      if (known?.running?.generation !== record.generation) return held;
      return changed(held, record.environment, known.newest, { goingBack: record.failures });
    }
    case 'settled':
      return settle(held, record.report);
    case 'told':
      return tell(held, record.message);
    case 'acked':
      return { ...held, told: held.told.filter(({ seq }) => seq > record.seq) };
  }
}

/** The records that make exactly this again, and no more of them than that takes. */
export const snapshot = (held: Held): readonly JournalRecord[] => [
  ...(held.owner === undefined ? [] : [{ kind: 'owner' as const, owner: held.owner }]),
  { kind: 'numbers', last: held.lastNumber },
  { kind: 'facts', facts: held.facts },
  ...[...held.environments.values()].flatMap((each) => [...recordsOf(each)]),
  ...held.told.map((message) => ({ kind: 'told' as const, message })),
];

function* recordsOf(held: HeldEnvironment): Generator<JournalRecord> {
  const { newest, running, good, goingBack, settled, fetched } = held;
  if (good !== undefined && good !== running) yield { kind: 'good', desire: good };
  if (running !== undefined) yield { kind: 'desire', desire: running };
  if (settled !== undefined) yield { kind: 'settled', report: settled };
  if (running !== undefined && goingBack !== undefined) {
    const { generation, state } = running;
    yield { kind: 'going-back', environment: state.environment, generation, failures: goingBack };
  }
  if (newest !== running) yield { kind: 'desire', desire: newest };
  if (fetched !== undefined) yield { kind: 'settled', report: fetched };
}

/** `same`: it is the newest already, in work or done. `stale`: a newer one has been seen. */
export function judge(held: Held, desire: Desire): 'new' | 'same' | 'stale' {
  const newest = held.environments.get(desire.state.environment)?.newest;
  if (newest === undefined || desire.generation > newest.generation) return 'new';
  if (desire.generation < newest.generation) return 'stale';
  if (desire.mode === newest.mode) return 'same';
  return desire.mode === 'run' ? 'new' : 'stale';
}

/** What has to be done for an environment, by what is held alone. */
type Target =
  | { readonly work: 'converge'; readonly desire: Desire; readonly previous: Desire | undefined }
  | {
      readonly work: 'go-back';
      readonly desire: Desire;
      readonly previous: Desire | undefined;
      readonly failures: HostFailure[];
    }
  /** Keep it true; services in `leave` stay as they are, for a person to look at. */
  | { readonly work: 'hold'; readonly desire: Desire; readonly leave: ReadonlySet<string> }
  | { readonly work: 'nothing' };

export function targetOf(held: HeldEnvironment): Target {
  const { running, good: previous, settled, goingBack } = held;
  if (running === undefined) return { work: 'nothing' };
  if (settled !== undefined) return heldAfter(settled, running, previous);
  if (goingBack === undefined) return { work: 'converge', desire: running, previous };
  return { work: 'go-back', desire: running, previous, failures: goingBack };
}

function heldAfter(settled: Report, running: Desire, good: Desire | undefined): Target {
  const nobody: ReadonlySet<string> = new Set();
  if (settled.outcome === 'done') return { work: 'hold', desire: running, leave: nobody };
  if (settled.now === 'old' || settled.reverted) {
    return good === undefined ? { work: 'nothing' } : { work: 'hold', desire: good, leave: nobody };
  }
  const failed = settled.failures.map(({ service }) => service);
  const services = failed.filter((service) => service !== undefined);
  if (services.length < failed.length) return { work: 'nothing' };
  return { work: 'hold', desire: running, leave: new Set(services as ServiceName[]) };
}

/** What was said last of the newest desire; to be said again when the master asks again. */
export function lastWord({ newest, settled, fetched }: HeldEnvironment): Report | undefined {
  const report = newest.mode === 'run' ? settled : fetched;
  return report?.generation === newest.generation ? report : undefined;
}

export const acceptedOf = (held: Held) =>
  [...held.environments].map(([environment, { newest, running }]) => ({
    environment,
    generation: newest.generation,
    running: running?.generation ?? 0,
  }));

function withDesire(held: Held, desire: Desire): Held {
  const { environment } = desire.state;
  if (desire.mode === 'pull') {
    return changed(held, environment, desire, { newest: desire, fetched: undefined });
  }
  return changed(held, environment, desire, {
    newest: desire,
    running: desire,
    goingBack: undefined,
    settled: undefined,
    fetched: undefined,
  });
}

/** A report ends the desire it names and no other; what has ended stays as it ended. */
function settle(held: Held, report: Report): Held {
  const known = held.environments.get(report.environment);
  if (known === undefined) return held;
  const { newest, running, good } = known;
  if (report.mode === 'pull') {
    if (newest.mode !== 'pull' || newest.generation !== report.generation) return held;
    if (known.fetched !== undefined) return held;
    return changed(held, report.environment, newest, { fetched: report });
  }
  if (running?.generation !== report.generation || known.settled !== undefined) return held;
  return changed(held, report.environment, newest, {
    settled: report,
    goingBack: undefined,
    good: report.outcome === 'done' ? running : good,
  });
}

/**
 * A newer report of an environment takes the place of an older one that waits: the master decides by
 * the newest generation it asked for, and it asks for another only when the older one is moot. So
 * reports are bounded by the environments; drifts beyond the bound go from the oldest on.
 */
function tell(held: Held, message: Told): Held {
  const kept = held.told.filter((waiting) => !replaces(message, waiting));
  const room = kept.length < toldMax ? kept : withoutOldestDrift(kept);
  const lastNumber = Math.max(held.lastNumber, message.seq);
  return { ...held, told: [...room, message], lastNumber };
}

const replaces = (message: Told, waiting: Told): boolean =>
  waiting.seq === message.seq ||
  (message.type === 'report' &&
    waiting.type === 'report' &&
    waiting.report.environment === message.report.environment &&
    waiting.report.generation <= message.report.generation);

function withoutOldestDrift(told: readonly Told[]): readonly Told[] {
  const oldest = told.findIndex(({ type }) => type === 'drift');
  return oldest < 0 ? told : told.toSpliced(oldest, 1);
}

function changed(
  held: Held,
  environment: EnvironmentName,
  newest: Desire,
  change: Partial<HeldEnvironment>,
): Held {
  const known = held.environments.get(environment) ?? {
    newest,
    running: undefined,
    good: undefined,
    goingBack: undefined,
    settled: undefined,
    fetched: undefined,
  };
  const environments = new Map(held.environments).set(environment, { ...known, ...change });
  return { ...held, environments };
}
