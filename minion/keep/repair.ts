// One repair of one service: its steps are taken, and what came of that is said.

import type { HostFailure } from '../../protocol/messages.ts';
import type { HostState } from '../../states/model.ts';
import type { Observed } from '../../states/observed.ts';
import type { Step } from '../../states/step.ts';
import type { Tools } from '../reconcile/converge.ts';
import { Failed, failuresIn, isDockerDown } from '../reconcile/evidence.ts';
import { perform } from '../reconcile/perform.ts';
import { Tally } from '../reconcile/tally.ts';

export interface Repair {
  readonly state: HostState;
  readonly observed: Observed;
  readonly steps: readonly Step[];
  /** In words, for who is told. */
  readonly what: string;
  /** Whether somebody was seen changing it. */
  readonly known: boolean;
  /** Why it cannot even be tried. */
  readonly why: readonly HostFailure[];
  readonly signal: AbortSignal;
}

export type Outcome =
  | { readonly is: 'repaired'; readonly what: string }
  | { readonly is: 'failed'; readonly what: string; readonly failure: HostFailure }
  /** It was only waited for, and ended meanwhile: now there is something to put right. */
  | { readonly is: 'ended'; readonly what: string }
  /** Docker went away, or it was broken off. */
  | { readonly is: 'later' }
  /** It had just started, and nothing is known to have been wrong. */
  | { readonly is: 'nothing' };

/** `before` are repairs of what it needs. */
export async function repair(
  { state, observed, steps, what, known, why, signal }: Repair,
  tools: Tools,
  before: Promise<unknown>,
): Promise<Outcome> {
  const failure = await attempt(async () => {
    await before;
    signal.throwIfAborted();
    if (why.length > 0) throw new Failed(why);
    const tally = new Tally();
    await perform(steps, { ...tools, state, observed, signal, tally, tell: nobody });
  });
  if (failure === 'later') return { is: 'later' };
  const waited = steps.every((step) => step.do === 'await-healthy');
  if (failure === undefined) {
    if (!waited) return { is: 'repaired', what };
    return known ? { is: 'repaired', what: `${what}; it runs again` } : { is: 'nothing' };
  }
  if (waited && failure.code !== 'CONTAINER_UNHEALTHY') {
    return { is: 'ended', what: known ? what : failure.message };
  }
  return { is: 'failed', what, failure };
}

async function attempt(work: () => Promise<void>): Promise<HostFailure | 'later' | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (isDockerDown(error) || isAbort(error)) return 'later';
    return failuresIn(error, { phase: 'begin' })[0];
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';
const nobody = (): void => undefined;
