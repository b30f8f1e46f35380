// How a minion is, as `minion status` shows it.

import type { Running } from '../protocol/messages.ts';
import { Fault, type FaultData } from '../states/faults.ts';
import type { HostState } from '../states/model.ts';
import { targetOf, type HeldEnvironment } from './journal/held.ts';
import type { Doing } from './keep/keep.ts';
import { look, type Tools } from './reconcile/converge.ts';
import { runningOf } from './reconcile/running.ts';

export interface StatusView {
  readonly id: string;
  readonly version: string;
  readonly pid: number;
  readonly url: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Since when it is so. */
  readonly link: { readonly linked: boolean; readonly since: number };
  readonly docker: { readonly version: string } | { readonly fault: FaultData };
  readonly journal: {
    /** Reports and drifts that the master has not acknowledged. */
    readonly pending: number;
    /** Why an older one was not believed at the start. */
    readonly setAside?: string;
  };
  readonly environments: readonly EnvironmentStatus[];
}

export interface EnvironmentStatus {
  readonly environment: string;
  /** The newest that was accepted. */
  readonly generation: number;
  readonly doing: Doing;
  /** What is held true; null while nothing is. */
  readonly release: string | null;
  /** How the newest change ended; null while there was none, or it goes on. */
  readonly outcome: 'done' | 'failed' | null;
  /** Null while Docker does not answer. */
  readonly running: readonly Running[] | null;
}

interface Seen {
  readonly doing: Doing;
  /** Undefined before Docker was ever asked. */
  readonly tools: Tools;
}

export async function environmentStatus(
  held: HeldEnvironment,
  { doing, tools }: Seen,
): Promise<EnvironmentStatus> {
  const { newest, running, good, settled } = held;
  const target = targetOf(held);
  return {
    environment: newest.state.environment,
    generation: newest.generation,
    doing,
    release: target.work === 'hold' ? target.desire.state.release : null,
    outcome: settled?.outcome ?? null,
    running: await runningNow([running?.state, good?.state], newest.state, tools),
  };
}

async function runningNow(
  states: readonly (HostState | undefined)[],
  newest: HostState,
  tools: Tools | undefined,
): Promise<readonly Running[] | null> {
  if (tools === undefined) return null;
  try {
    const state = states.find((each) => each !== undefined) ?? newest;
    return runningOf(await look(tools, state), states);
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}
