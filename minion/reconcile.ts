// One desire on one host, from its acceptance to the report: fetched, or run and gone back from where
// that failed.

import type { Desire, HostFailure, Report } from '../protocol/messages.ts';
import type { HostState } from '../states/model.ts';
import type { Observed } from '../states/observed.ts';
import { plan } from '../states/plan.ts';
import { jobSteps } from '../states/plan/jobs.ts';
import {
  converge,
  look,
  ofProblem,
  untilDockerAnswers,
  type Change,
  type Tools,
} from './reconcile/converge.ts';
import { Failed, failuresIn } from './reconcile/evidence.ts';
import { decide, leftOver, undo, type Decision } from './reconcile/going-back.ts';
import { perform, type Told } from './reconcile/perform.ts';
import { pullAll } from './reconcile/pulls.ts';
import { allRunning, runningOf } from './reconcile/running.ts';
import { Tally } from './reconcile/tally.ts';

export interface Task extends Tools {
  readonly desire: Desire;
  /** What is gone back to: the newest state that was reached before. */
  readonly previous: HostState | undefined;
  /** Fires when a newer desire takes this one's place, or the minion ends. */
  readonly signal: AbortSignal;
  readonly tell: (told: Told) => void;
  /** Makes the decision to go back durable. */
  readonly onGoingBack: (failures: readonly HostFailure[]) => Promise<void>;
}

/** Fetches what the state needs, runs its jobs where asked, and touches nothing else. */
export async function fetch(task: Task): Promise<Report> {
  const { desire } = task;
  const { state } = desire;
  const work = beginning(task);
  const failures = await attempt(() =>
    untilDockerAnswers(task, async () => {
      const observed = await look(task, state);
      const { steps, problems } = plan(state, observed);
      const forbidden = problems.filter(({ code }) => code === 'NOT_ALLOWED');
      if (forbidden.length > 0) throw new Failed(forbidden.map((each) => ofProblem(each, state)));
      const images = steps.flatMap((step) => (step.do === 'pull' ? [step.image] : []));
      if (images.length > 0) await pullAll(images, { ...task, state, tally: work.tally });
      if (desire.jobs !== true) return;
      const jobs = jobSteps(state, observed, true);
      await perform(jobs, { ...work.change, observed });
    }),
  );
  const running = runningOf(await work.lookAgain(), [state, task.previous]);
  return work.report({ failures, now: 'old', reverted: false, running });
}

/** Brings the host to the state, or back. Throws the signal's reason. */
export async function run(task: Task): Promise<Report> {
  const { desire, previous } = task;
  const { state } = desire;
  const work = beginning(task);
  let before: Observed | undefined;
  const onBefore = (observed: Observed): void => {
    before ??= observed;
  };
  const failures = await attempt(() => converge({ ...work.change, onBefore }));
  if (failures.length === 0 && before !== undefined) {
    const running = allRunning(state, before, work.tally);
    return work.report({ failures, now: 'new', reverted: false, running });
  }
  const now = await work.lookAgain();
  const { tally } = work;
  const fallen = { desire, previous, failures, before: before ?? now, now, tally };
  return afterwards(work, decide(fallen), fallen);
}

/** Goes on going back, where the minion was ended in the middle of it. */
export async function resumeGoingBack(task: Task, failures: HostFailure[]): Promise<Report> {
  const work = beginning(task);
  const now = await work.lookAgain();
  return goBack(work, { failures, before: now }, undefined);
}

interface Work {
  readonly task: Task;
  readonly tally: Tally;
  readonly change: Change;
  readonly lookAgain: () => Promise<Observed>;
  readonly report: (ended: Pick<Report, 'failures' | 'now' | 'reverted' | 'running'>) => Report;
}

function beginning(task: Task): Work {
  const { desire, world } = task;
  const { state, generation, mode } = desire;
  const tally = new Tally();
  const startedAt = world.now();
  return {
    ...{ task, tally },
    change: { ...task, state, tally },
    lookAgain: () => untilDockerAnswers(task, () => look(task, state)),
    report: (ended) => ({
      ...{ environment: state.environment, generation, mode, startedAt },
      outcome: ended.failures.length === 0 ? 'done' : 'failed',
      writes: tally.writes,
      endedAt: world.now(),
      ...ended,
      failures: ended.failures.slice(0, failuresMax),
    }),
  };
}

const failuresMax = 50;

async function attempt(work: () => Promise<unknown>): Promise<HostFailure[]> {
  try {
    await work();
    return [];
  } catch (error) {
    return [...failuresIn(error, { phase: 'begin' })];
  }
}

interface Fallen {
  readonly failures: HostFailure[];
  readonly before: Observed;
}

async function afterwards(work: Work, decision: Decision, fallen: Fallen): Promise<Report> {
  const { task, tally } = work;
  const states = [task.desire.state, task.previous];
  if (decision.do === 'go-back') {
    // Without a state to go back to, only this attempt knows the way.
    if (task.previous !== undefined) await task.onGoingBack(fallen.failures);
    return goBack(work, fallen, tally.touched);
  }
  if (decision.do === 'clear') await clear(work, tally.touched);
  const failures =
    decision.do === 'stay' && decision.why !== undefined
      ? withWords(fallen.failures, decision.why)
      : fallen.failures;
  return work.report({
    failures,
    now: decision.do === 'clear' ? 'old' : decision.now,
    reverted: false,
    running: runningOf(await work.lookAgain(), states, tally),
  });
}

const withWords = (failures: readonly HostFailure[], words: string): HostFailure[] =>
  failures.map((each, index) =>
    index > 0 ? each : { ...each, message: `${each.message}; ${words}` },
  );

async function goBack(
  work: Work,
  { failures, before }: Fallen,
  touched: ReadonlySet<string> | undefined,
): Promise<Report> {
  const { task, tally, change } = work;
  const { desire, previous } = task;
  task.tell({ phase: 'reverting', detail: failures[0]?.message ?? 'it failed' });
  const others = await attempt(() =>
    previous === undefined
      ? untilDockerAnswers(task, () =>
          perform(undo(desire.state, { before, tally }), {
            ...change,
            observed: before,
            patient: true,
          }),
        )
      : converge({ ...change, state: previous, hasty: true }),
  );
  // What is kept though it failed is all that there is left to look at.
  if (others.length === 0) await clear(work, touched);
  const observed = await untilDockerAnswers(task, () => look(task, previous ?? desire.state));
  return work.report({
    failures: [...failures, ...withWords(others, 'this was on the way back')],
    now: others.length === 0 ? 'old' : 'down',
    reverted: true,
    running: runningOf(observed, [desire.state, previous], tally),
  });
}

/** Takes away what was made for the state that failed. */
async function clear(
  { task, tally, lookAgain }: Work,
  touched: ReadonlySet<string> | undefined,
): Promise<void> {
  const useless = leftOver(task.desire.state, task.previous, touched);
  await untilDockerAnswers(task, async () => {
    for (const { name } of (await lookAgain()).containers) {
      if (!useless.has(name)) continue;
      task.signal.throwIfAborted();
      await task.engine.remove(name);
      tally.writes += 1;
    }
  });
}
