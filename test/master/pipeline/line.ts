// A pipeline to play through by hand: says what happens, and answers what is asked for.

import type { PipelineDefinition } from '../../../master/pipeline/definition.ts';
import type { Effect } from '../../../master/pipeline/effects.ts';
import type {
  Command,
  PipelineEvent,
  RolloutOutcome,
  Verdict,
} from '../../../master/pipeline/events.ts';
import { explain } from '../../../master/pipeline/explain.ts';
import { emptyPipeline, type Pipeline, type Promotion } from '../../../master/pipeline/record.ts';
import { advance, resume } from '../../../master/pipeline/reducer.ts';
import { refusal } from '../../../master/pipeline/refusal.ts';
import { digestSet, originOf } from '../../../master/pipeline/releases.ts';
import { parseReleaseId, type ReleaseId } from '../../../states/ids.ts';
import { draft, environment, evidence, image, monday } from './samples.ts';

type Due<D extends Effect['do']> = Extract<Effect, { do: D }>;

export class Line {
  pipeline: Pipeline = emptyPipeline;
  now = monday;
  /** Of the last event. */
  effects: Effect[] = [];

  constructor(definition: PipelineDefinition) {
    this.send({ type: 'defined', definition });
  }

  send(event: PipelineEvent): this {
    const [after, effects] = advance(this.pipeline, event, this.now);
    this.pipeline = after;
    this.effects = effects;
    return this;
  }

  /** The words of the refusal, or undefined when it was done. */
  ask(command: Command): string | undefined {
    const refused = refusal(this.pipeline, command, this.now);
    this.send(command);
    return refused?.message;
  }

  pass(ms: number): this {
    this.now += ms;
    return this.send({ type: 'tick' });
  }

  /** A release of these versions of both images, by CI. */
  push(api: number, game = 1): ReleaseId {
    const images = [image('api', api), image('game', game)];
    this.send({ type: 'images', images, alone: true, origin: originOf('ci', 'ci') });
    return idOf(api, game);
  }

  due<D extends Effect['do']>(name: string, kind: D): Due<D> {
    const found = resume(this.pipeline).find(
      (effect): effect is Due<D> =>
        effect.do === kind && effect.do !== 'tell' && effect.environment === environment(name),
    );
    if (found === undefined) throw new Error(`no ${kind} is due in ${name}: ${this.say(name)}`);
    return found;
  }

  commit(name: string, failure?: string): this {
    const { id, key } = this.due(name, 'commit-versions');
    const about = { environment: environment(name), id } as const;
    return failure === undefined
      ? this.send({ type: 'committed', ...about, commit: `c-${id}`, stands: true })
      : this.send({ type: 'commit-failed', ...about, key, reason: failure });
  }

  rollout(name: string, outcome: RolloutOutcome = 'succeeded', reason: string | null = null): this {
    const { key } = this.due(name, 'start-rollout');
    const about = { environment: environment(name), key } as const;
    return this.send({ type: 'rollout-ended', ...about, outcome, reason });
  }

  test(name: string, verdict: Verdict = 'passed', detail = ''): this {
    const { key, test } = this.due(name, 'run-test');
    const about = { environment: environment(name), key, test } as const;
    return this.send({ type: 'test-ended', ...about, verdict, evidence: evidence(detail) });
  }

  /** Everything goes well: in the stages named, one after the other. */
  well(...names: string[]): this {
    for (const name of names) {
      this.commit(name).rollout(name);
      while (this.waits(name, 'run-test')) this.test(name);
    }
    return this;
  }

  /** Into the stage without a commit: its versions file was edited. */
  edit(
    name: string,
    api: number,
    more: { revert?: boolean; force?: string; commit?: string } = {},
  ): this {
    const force = more.force === undefined ? null : { why: more.force };
    return this.send({
      ...{ type: 'edited', environment: environment(name), release: draft(api, 1), actor: 'bob' },
      ...{ commit: more.commit ?? `edit-${api}`, revert: more.revert ?? false, force },
    });
  }

  waits(name: string, kind: Effect['do']): boolean {
    return resume(this.pipeline).some(
      (effect) =>
        effect.do === kind && effect.do !== 'tell' && effect.environment === environment(name),
    );
  }

  stage(name: string) {
    const stage = this.pipeline.stages[name];
    if (stage === undefined) throw new Error(`no stage ${name}`);
    return stage;
  }

  promotion(id: string | null): Promotion {
    const promotion = this.pipeline.promotions[id ?? ''];
    if (promotion === undefined) throw new Error(`no promotion ${id ?? ''}`);
    return promotion;
  }

  active = (name: string): Promotion => this.promotion(this.stage(name).active);
  waiting = (name: string): Promotion => this.promotion(this.stage(name).waiting);
  last = (name: string): Promotion => this.promotion(this.stage(name).last);
  runs = (name: string): string | undefined => this.stage(name).current?.release;
  say = (name: string): string => explain(this.pipeline, name, this.now).reason;

  /** What the history was told by the last event. */
  told(): string[] {
    return this.effects.flatMap((effect) => (effect.do === 'tell' ? [effect.told.message] : []));
  }
}

export function idOf(api: number, game = 1): ReleaseId {
  const set = digestSet([image('api', api), image('game', game)]);
  const id = parseReleaseId(set.slice(0, 8));
  if (id === undefined) throw new Error(set);
  return id;
}

export const ann = { actor: 'ann@laptop' } as const;
export const at = (name: string) => ({ environment: environment(name), ...ann });
