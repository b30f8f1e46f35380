// The world around the pipeline, as far as it can be wrong: git, rollouts and tests that answer, answer
// twice, late, or never; and the master's death at any moment.

import type { Effect } from '../../../master/pipeline/effects.ts';
import type { PipelineEvent, Verdict } from '../../../master/pipeline/events.ts';
import {
  emptyPipeline,
  pipeline as schema,
  type Pipeline,
} from '../../../master/pipeline/record.ts';
import { advance, isDue, resume } from '../../../master/pipeline/reducer.ts';
import { Oracle } from './oracle.ts';
import { evidence, monday } from './samples.ts';

type Task = Exclude<Effect, { do: 'tell' }>;
type Commit = Extract<Task, { do: 'commit-versions' }>;

export class World {
  pipeline: Pipeline = emptyPipeline;
  now = monday;
  readonly oracle = new Oracle();
  /** Asked for and neither done nor lost. */
  tasks: Task[] = [];
  /** Answers given, to be given again. */
  readonly answers: PipelineEvent[] = [];
  /** What the versions files say, and which commits were ever made. */
  readonly files = new Map<string, { release: string; commit: string }>();
  readonly #commits = new Map<string, string>();
  /** Commits that the git writer has begun, one for each environment. */
  readonly #begun = new Map<string, { readonly task: Commit; pushed: string | undefined }>();
  readonly #freezeInputs: boolean;

  constructor(freezeInputs: boolean) {
    this.#freezeInputs = freezeInputs;
  }

  send(event: PipelineEvent): void {
    if (this.#freezeInputs) frozen(this.pipeline);
    const before = this.pipeline;
    const [after, effects] = advance(before, event, this.now);
    this.pipeline = after;
    this.oracle.saw(before, after, event, effects, this.now);
    this.#accept(effects);
  }

  pass(ms: number): void {
    this.oracle.passed(this.pipeline, ms);
    this.now += ms;
    this.send({ type: 'tick' });
  }

  /** Everything in memory is gone; what was begun outside goes on without being heard. */
  crash(): void {
    const stored: unknown = JSON.parse(JSON.stringify(this.pipeline));
    const read = schema.parse(stored);
    this.oracle.restored(this.pipeline, read);
    this.pipeline = read;
    this.tasks = [];
    for (const { task, pushed } of this.#begun.values()) if (pushed === undefined) this.#land(task);
    this.#begun.clear();
    const effects = resume(this.pipeline);
    this.oracle.asked(this.pipeline, effects, this.now);
    this.#accept(effects);
  }

  lose(index: number): void {
    const task = this.#take(index);
    if (task?.do === 'commit-versions') this.#begun.delete(task.environment);
  }

  /** Carries a task out. `fate` decides how it goes, from good (0) to bad (99). */
  answer(index: number, fate: number): void {
    const task = this.#take(index);
    if (task !== undefined) this.#perform(task, fate);
  }

  repeat(index: number): void {
    const again = this.answers.at(index % Math.max(1, this.answers.length));
    if (again !== undefined) this.send(again);
  }

  /** A person pushes a versions file. */
  push(name: string, release: string): string {
    const commit = `person-${this.files.size}-${this.#commits.size}-${this.now}-${release}`;
    this.files.set(name, { release, commit });
    return commit;
  }

  #accept(effects: readonly Effect[]): void {
    for (const effect of effects) if (effect.do !== 'tell') this.tasks.push(effect);
  }

  #take(index: number): Task | undefined {
    if (this.tasks.length === 0) return undefined;
    return this.tasks.splice(index % this.tasks.length, 1).at(0);
  }

  #reply(event: PipelineEvent): void {
    this.answers.push(event);
    this.send(event);
  }

  #perform(task: Task, fate: number): void {
    const { key, environment } = task;
    switch (task.do) {
      case 'commit-versions':
        this.#commit(task, fate);
        return;
      case 'start-rollout': {
        // As the real one does: what is no longer wanted is not begun.
        if (!isDue(this.pipeline, task)) return;
        const reason = 'api on web-1: unhealthy';
        if (fate % 3 === 0) {
          this.#reply({ type: 'rollout-started', environment, key, rollout: `r${key}` });
          this.tasks.push(task);
          return;
        }
        this.#reply({ type: 'rollout-ended', environment, key, outcome: rolloutEnd(fate), reason });
        return;
      }
      case 'cancel-rollout': {
        const outcome = fate < 80 ? 'aborted' : 'succeeded';
        this.#reply({ type: 'rollout-ended', environment, key, outcome, reason: null });
        return;
      }
      case 'run-test': {
        const verdict = verdictOf(fate);
        const said = evidence(verdict === 'passed' ? '' : 'exit code 1');
        const { test } = task;
        this.#reply({ type: 'test-ended', environment, key, test, verdict, evidence: said });
        return;
      }
      case 'cancel-test':
        return;
    }
  }

  /** The git writer does one commit of an environment after the other; any step may take long. */
  #commit(task: Commit, fate: number): void {
    const { environment, id, key } = task;
    const begun = this.#begun.get(environment);
    if (begun !== undefined && begun.task.key !== key) {
      this.tasks.push(task);
      this.#finish(begun.task, begun.pushed);
    } else if (begun === undefined && !isDue(this.pipeline, task)) {
      return;
    } else if (begun === undefined && fate % 4 === 0) {
      this.#begun.set(environment, { task, pushed: undefined });
      this.tasks.push(task);
    } else if (begun !== undefined && begun.pushed === undefined && fate % 4 === 1) {
      begun.pushed = this.#land(task);
      this.tasks.push(task);
    } else if (fate >= 88) {
      this.#begun.delete(environment);
      // Now and then it was pushed all the same, and only the answer was lost.
      if (fate >= 96 && begun?.pushed === undefined) this.#land(task);
      const reason = 'the remote does not answer';
      this.#reply({ type: 'commit-failed', environment, id, key, reason });
    } else {
      this.#finish(task, begun?.pushed);
    }
  }

  #finish(task: Commit, pushed: string | undefined): void {
    const { environment, id } = task;
    this.#begun.delete(environment);
    this.tasks = this.tasks.filter((each) => each.key !== task.key || each.do !== task.do);
    const commit = pushed ?? this.#land(task);
    const stands = this.files.get(environment)?.release === task.release;
    this.#reply({ type: 'committed', environment, id, commit, stands });
  }

  #land({ environment, id, release }: Commit): string {
    const made = this.#commits.get(id);
    if (made !== undefined) return made;
    const file = this.files.get(environment);
    const commit = file?.release === release ? file.commit : `commit-of-${id}`;
    if (file?.release !== release) this.#commits.set(id, commit);
    this.files.set(environment, { release, commit });
    return commit;
  }
}

function rolloutEnd(fate: number) {
  if (fate < 72) return 'succeeded';
  if (fate < 80) return 'rolled-back';
  if (fate < 84) return 'rollback-failed';
  if (fate < 89) return 'failed';
  return fate < 98 ? 'errored' : 'aborted';
}

function verdictOf(fate: number): Verdict {
  if (fate < 76) return 'passed';
  if (fate < 90) return 'failed';
  return fate < 96 ? 'errored' : 'inconclusive';
}

function frozen(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
}
