// What must be true of the pipeline whatever happens, judged from the events that were told and the
// effects that were asked for; it believes of the records as little as it can.

import { isDeepStrictEqual } from 'node:util';
import type { Effect } from '../../../master/pipeline/effects.ts';
import type { PipelineEvent } from '../../../master/pipeline/events.ts';
import type { Pipeline, Promotion } from '../../../master/pipeline/record.ts';
import { Knowledge } from './knowledge.ts';
import { Life } from './life.ts';
import { must } from './violation.ts';
import { Work } from './work.ts';

export class Oracle {
  readonly known = new Knowledge();
  readonly #life = new Life();
  readonly #work = new Work();
  readonly #admitted = new Set<string>();
  readonly #byItself = new Set<string>();

  passed(pipeline: Pipeline, ms: number): void {
    this.known.passed(pipeline, ms);
  }

  saw(
    before: Pipeline,
    after: Pipeline,
    event: PipelineEvent,
    effects: readonly Effect[],
    now: number,
  ): void {
    this.known.heard(event, before);
    this.#work.heard(event);
    if (after === before) {
      must(effects.length === 0, 'effects without a change');
      return;
    }
    this.#life.saw(before, after, event, now);
    this.known.learned(before, after);
    this.asked(after, effects, now);
  }

  /** After a restart everything due is asked for again. */
  restored(before: Pipeline, after: Pipeline): void {
    must(isDeepStrictEqual(before, after), 'what was stored is not what is read back');
    this.#work.restarted();
  }

  asked(pipeline: Pipeline, effects: readonly Effect[], now: number): void {
    this.#work.asked(effects);
    for (const effect of effects) {
      this.known.asked(effect);
      if (effect.do === 'commit-versions' || effect.do === 'start-rollout') {
        this.#desired(pipeline, effect, now);
      }
    }
    this.#work.check(pipeline);
  }

  #desired(
    pipeline: Pipeline,
    effect: Extract<Effect, { do: 'commit-versions' | 'start-rollout' }>,
    now: number,
  ): void {
    const { environment, release } = effect;
    const stage = pipeline.stages[environment];
    const where = `${release} in ${environment}`;
    must(pipeline.releases[release] !== undefined, `${where} is desired and not known`);
    must(effect.images.length === 2, `${where} is desired without its images`);
    if (effect.do === 'commit-versions' && effect.kind === 'restore') {
      must(stage?.current?.release === release, `${where} is restored and is not what runs`);
      return;
    }
    const back = effect.do === 'start-rollout' ? effect.rollback : effect.kind === 'rollback';
    if (back) {
      const owed = effect.do === 'commit-versions' && stage?.owed?.id === effect.id;
      must(
        owed || this.known.isGood(environment, release),
        `${where} is gone back to, never verified`,
      );
      return;
    }
    const promotion = effect.promotion === null ? undefined : pipeline.promotions[effect.promotion];
    must(promotion !== undefined, `${where} is desired by nobody`);
    if (this.#admitted.has(promotion.id)) return;
    this.#admitted.add(promotion.id);
    this.#mayEnter(pipeline, promotion, now);
  }

  /** Invariants 1 and 4: at the moment a release is first wanted in an environment. */
  #mayEnter(pipeline: Pipeline, promotion: Promotion, now: number): void {
    const { environment, release, id, kind, cause } = promotion;
    const itself = `${environment} ${release}`;
    if (cause === 'release' || cause === 'verified') {
      must(!this.#byItself.has(itself), `${id}: ${itself} is tried again by itself`);
      must(!this.known.failed.has(itself), `${id}: ${itself} failed, and is tried again by itself`);
      this.#byItself.add(itself);
    }
    if (kind === 'forced') {
      must(this.known.forced.has(itself), `${id}: ${itself} was forced by nobody`);
      must((promotion.force?.why ?? '') !== '', `${id}: force without a reason`);
      return;
    }
    const shut = this.known.shut(pipeline, promotion, now);
    must(shut === undefined, `${id}: ${itself} entered although ${shut ?? ''}`);
  }
}
