// The work that the pipeline asks for: whatever is due has been asked for, what is under way has
// something due, and what runs without being wanted any more is told to stop.

import { resume, type Effect } from '../../../master/pipeline/reducer.ts';
import type { PipelineEvent } from '../../../master/pipeline/events.ts';
import type { Pipeline } from '../../../master/pipeline/record.ts';
import { must } from './violation.ts';

const answered = ['committing', 'rolling-out', 'verifying', 'rolling-back'];

export class Work {
  /** Asked for since the last start. */
  #asked = new Set<string>();
  /** Rollouts and tests that may be running. */
  #running = new Set<string>();

  restarted(): void {
    this.#asked = new Set();
    this.#running = new Set();
  }

  heard(event: PipelineEvent): void {
    if (event.type === 'rollout-ended') this.#running.delete(`start-rollout ${event.key} `);
    if (event.type === 'test-ended') this.#running.delete(`run-test ${event.key} ${event.test}`);
  }

  asked(effects: readonly Effect[]): void {
    for (const effect of effects) {
      const name = nameOf(effect);
      this.#asked.add(name);
      if (effect.do === 'start-rollout' || effect.do === 'run-test') this.#running.add(name);
      if (effect.do === 'cancel-rollout') this.#running.delete(`start-rollout ${effect.key} `);
      if (effect.do === 'cancel-test')
        this.#running.delete(`run-test ${effect.key} ${effect.test}`);
    }
  }

  check(pipeline: Pipeline): void {
    const due = resume(pipeline);
    const names = new Set(due.map(nameOf));
    for (const name of names) must(this.#asked.has(name), `${name} is due and was not asked for`);
    for (const name of this.#running) must(names.has(name), `${name} runs, and nobody wants it`);
    for (const { id, phase, environment } of Object.values(pipeline.promotions)) {
      if (!answered.includes(phase)) continue;
      const begun = due.some(
        (effect) => effect.do !== 'tell' && effect.environment === environment,
      );
      must(begun, `${id} is ${phase}, and nothing is being done`);
    }
  }
}

function nameOf(effect: Effect): string {
  if (effect.do === 'tell') return effect.do;
  const test = effect.do === 'run-test' || effect.do === 'cancel-test' ? effect.test : '';
  return `${effect.do} ${effect.key} ${test}`;
}
