// What the oracle knows by itself: what was verified where and for how long, what failed, what people
// said. From events, effects and the ends of promotions alone.

import type { Effect } from '../../../master/pipeline/effects.ts';
import type { PipelineEvent } from '../../../master/pipeline/events.ts';
import { isFinal, type Pipeline, type Promotion } from '../../../master/pipeline/record.ts';
import { day, hour } from './samples.ts';
import { must } from './violation.ts';

interface Good {
  readonly adopted: boolean;
  soakedMs: number;
  bestMs: number;
}

export class Knowledge {
  /** By environment, then by digest set: verified here and not failed since. */
  readonly #good = new Map<string, Map<string, Good>>();
  readonly #rolledOut = new Set<string>();
  readonly #passed = new Set<string>();
  readonly #keys = new Set<string>();
  /** The tests that the stage had when the promotion's began. */
  readonly #tests = new Map<string, string>();
  readonly #sets = new Map<string, string>();
  readonly failed = new Set<string>();
  readonly forced = new Set<string>();
  readonly #approved = new Set<string>();
  readonly #backInRow = new Map<string, number>();
  #edits = new Map<string, string>();

  isGood(environment: string, release: string): boolean {
    return this.#good.get(environment)?.has(this.#sets.get(release) ?? '') === true;
  }

  passed(pipeline: Pipeline, ms: number): void {
    if (ms <= 0) return;
    for (const { environment, current } of Object.values(pipeline.stages)) {
      const set = this.#sets.get(current?.release ?? '') ?? '';
      const good = this.#good.get(environment)?.get(set);
      if (good !== undefined && current?.verified === true) good.soakedMs += ms;
    }
  }

  heard(event: PipelineEvent, before: Pipeline): void {
    if (event.type === 'rollout-ended' && event.outcome === 'succeeded') {
      if (this.#keys.has(event.key)) this.#rolledOut.add(promotionIn(event.key));
    }
    if (event.type === 'test-ended' && event.verdict === 'passed') {
      if (this.#keys.has(event.key)) this.#passed.add(`${promotionIn(event.key)} ${event.test}`);
    }
    if (event.type === 'promote' && event.force !== null) {
      this.forced.add(`${event.environment} ${event.release}`);
    }
    if (event.type === 'edited' && event.force !== null)
      this.#edits.set(event.environment, event.commit);
    if (event.type === 'approve') {
      const waiting = before.promotions[before.stages[event.environment]?.waiting ?? ''];
      this.#approved.add(`${event.environment} ${event.release ?? waiting?.release ?? ''}`);
    }
    if (event.type === 'resume') this.#backInRow.set(event.environment, 0);
  }

  asked(effect: Effect): void {
    if (effect.do === 'run-test') this.#keys.add(effect.key);
    if (effect.do === 'start-rollout' && !effect.rollback) this.#keys.add(effect.key);
  }

  learned(before: Pipeline, after: Pipeline): void {
    if (before.releases !== after.releases) {
      for (const { id, set } of Object.values(after.releases)) this.#sets.set(id, set);
    }
    for (const promotion of Object.values(after.promotions)) {
      const old = before.promotions[promotion.id];
      if (old !== promotion) this.#followed(after, old, promotion);
    }
    for (const stage of Object.values(after.stages)) {
      const old = before.stages[stage.environment];
      if (old !== stage) this.#compared(after, stage, old);
    }
  }

  #followed(pipeline: Pipeline, old: Promotion | undefined, promotion: Promotion): void {
    const { id, environment, release, phase, kind } = promotion;
    if (old === undefined && kind === 'forced' && this.#edits.has(environment)) {
      this.forced.add(`${environment} ${release}`);
    }
    if (phase === 'verifying' && !this.#tests.has(id))
      this.#tests.set(id, this.#testsNow(pipeline, environment));
    const leaves = promotion.back !== null && (old?.back ?? null) === null && kind !== 'rollback';
    if (leaves || phase === 'failed') this.#bad(environment, release);
    if (!isFinal(phase) || (old !== undefined && isFinal(old.phase))) return;
    if (phase === 'succeeded') {
      this.failed.delete(`${environment} ${release}`);
      this.#backInRow.set(environment, 0);
      this.#mayCount(pipeline, promotion);
    }
    if (phase === 'rolled-back' || phase === 'rollback-failed') {
      this.#backInRow.set(environment, (this.#backInRow.get(environment) ?? 0) + 1);
    }
  }

  /** Whether it really passed is looked up here, not in the record. */
  #mayCount(pipeline: Pipeline, { id, environment, release, kind }: Promotion): void {
    const tests = this.#tests.get(id) ?? this.#testsNow(pipeline, environment);
    const names = tests === '' ? [] : tests.split(' ');
    must(this.#rolledOut.has(id), `${id} succeeded without a rollout`);
    for (const test of names)
      must(this.#passed.has(`${id} ${test}`), `${id} succeeded without ${test}`);
    if (kind === 'forced' && names.length === 0) return;
    this.#add(environment, release, false);
  }

  #compared(
    pipeline: Pipeline,
    stage: Pipeline['stages'][string],
    old: typeof stage | undefined,
  ): void {
    const { environment, current } = stage;
    if (old?.current?.promotion !== current?.promotion) this.#left(environment);
    const entering = pipeline.promotions[stage.active ?? ''];
    if (old?.active !== stage.active && entering?.kind === 'rollback') {
      const { from, release } = entering;
      if (from !== null && from !== release) this.#bad(environment, from);
    }
    for (const { release, by } of stage.verified) {
      if (old?.verified.some((entry) => entry.release === release) === true) continue;
      if (by === 'adoption') this.#add(environment, release, true);
      must(this.isGood(environment, release), `${release} counts as verified in ${environment}`);
    }
    must(this.#count(environment) === stage.verified.length, `${environment} forgot what passed`);
  }

  /** Why it may not enter, in the oracle's own words. */
  shut(pipeline: Pipeline, promotion: Promotion, now: number): string | undefined {
    const { environment, release, cause } = promotion;
    const definition = pipeline.definition.stages.find((each) => each.environment === environment);
    if (definition === undefined) return 'there is no such stage';
    for (const before of definition.after) {
      const good = this.#good.get(before)?.get(this.#sets.get(release) ?? '');
      if (good === undefined || good.adopted) return `${before} has not verified it`;
      if (Math.max(good.soakedMs, good.bestMs) < definition.soakMs)
        return `${before} has not soaked it`;
    }
    if (this.failed.has(`${environment} ${release}`) && cause !== 'retry') return 'it failed here';
    if ((this.#backInRow.get(environment) ?? 0) >= 2) return 'two rollbacks have stopped the stage';
    const hold = pipeline.stages[environment]?.hold;
    if (hold && (hold.until === null || now < hold.until)) return 'a person holds it';
    const frozen = pipeline.freezes.some(
      ({ environments, until }) =>
        (until === null || now < until) &&
        (environments.length === 0 || environments.includes(environment)),
    );
    if (frozen) return 'it is frozen';
    const approved = this.#approved.has(`${environment} ${release}`);
    if (definition.approval === 'manual' && !approved) return 'nobody approved it';
    // The only windows in these schedules: 9 to 17 h UTC.
    const hours = (now % day) / hour;
    return definition.windows !== null && (hours < 9 || hours >= 17)
      ? 'it is outside of hours'
      : undefined;
  }

  #testsNow = (pipeline: Pipeline, environment: string): string =>
    (pipeline.definition.stages.find((each) => each.environment === environment)?.verify ?? [])
      .map(({ test }) => test)
      .join(' ');

  #bad(environment: string, release: string): void {
    this.failed.add(`${environment} ${release}`);
    this.#good.get(environment)?.delete(this.#sets.get(release) ?? '');
  }

  #count = (environment: string): number => this.#good.get(environment)?.size ?? 0;

  #add(environment: string, release: string, adopted: boolean): void {
    const all = this.#good.get(environment) ?? new Map<string, Good>();
    all.set(this.#sets.get(release) ?? '', { adopted, soakedMs: 0, bestMs: 0 });
    this.#good.set(environment, all);
  }

  #left(environment: string): void {
    for (const good of this.#good.get(environment)?.values() ?? []) {
      good.bestMs = Math.max(good.bestMs, good.soakedMs);
      good.soakedMs = 0;
    }
  }
}

const promotionIn = (key: string): string => key.split('.')[0] ?? '';
