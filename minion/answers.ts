// What the master asks of a host and waits for. Nothing of it changes what the host is to run.

import type { Answer, Call } from '../protocol/messages.ts';
import { fault } from '../states/faults.ts';
import { plan } from '../states/plan.ts';
import { jobSteps } from '../states/plan/jobs.ts';
import type { Plan, Step } from '../states/step.ts';
import type { Say } from './calls.ts';
import type { Held } from './journal/held.ts';
import { newestOf } from './newest.ts';
import type { OneShots } from './one-shot.ts';
import { look, type Tools } from './reconcile/converge.ts';
import { clip } from './reconcile/evidence.ts';
import { runningOf } from './reconcile/running.ts';
import { runTest } from './tests/run-test.ts';

export interface Asked {
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  readonly say: Say;
}

export async function answerCall(
  { shots, held, ...tools }: Tools & { readonly held: Held; readonly shots: OneShots },
  call: Call,
  asked: Asked,
): Promise<unknown> {
  switch (call.verb) {
    case 'ping':
      return { now: tools.world.now() } satisfies Answer<'ping'>;
    case 'plan':
      return planned(tools, held, call);
    case 'logs':
      return logs(tools, call);
    case 'test':
      return (await runTest({ ...tools, shots }, call, asked)) satisfies Answer<'test'>;
  }
}

type Of<V extends Call['verb']> = Extract<Call, { readonly verb: V }>;

async function planned(tools: Tools, held: Held, { state }: Of<'plan'>): Promise<Planned> {
  const observed = await look(tools, state);
  const known = held.environments.get(state.environment);
  const states = [state, known?.good?.state, known?.running?.state];
  const planned = plan(state, observed);
  const jobs = jobSteps(state, observed, planned.steps.length > 0);
  const steps = withJobs(planned.steps, jobs);
  return { ...planned, steps, running: runningOf(observed, states) };
}

/** They run when all is pulled, and before anything else. */
function withJobs(steps: readonly Step[], jobs: readonly Step[]): readonly Step[] {
  const at = steps.findLastIndex(({ do: what }) => what === 'pull') + 1;
  return jobs.length === 0 ? steps : steps.toSpliced(at, 0, ...jobs);
}

type Planned = Plan & Pick<Answer<'plan'>, 'running'>;

/** Longer lines than the wire takes are cut. */
const lineCharsMax = 8_000;

async function logs(
  { engine }: Tools,
  { environment, service, lines }: Of<'logs'>,
): Promise<Answer<'logs'>> {
  const newest = await newestOf(engine, { environment, service });
  if (newest === undefined) {
    throw fault('UNKNOWN_NAME', `no container of ${service} in ${environment} on this host`);
  }
  const found = await engine.logs(newest.name, lines);
  return { lines: found.map((line) => clip(line, lineCharsMax)) };
}
