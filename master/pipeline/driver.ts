// The loop around the pipeline: what people ask for, what the states say, how that which was begun has
// ended, and the passing of time are dealt with one after the other. Written down first, then done.

import type { Logger } from 'pino';
import type { World } from '../../protocol/world.ts';
import { fault } from '../../states/faults.ts';
import type { EventLog } from '../eventlog.ts';
import { Alarm } from '../rollout/alarm.ts';
import type { Store, Write } from '../store/store.ts';
import { nextWake } from './clock.ts';
import { isDue, resume, type Effect } from './effects.ts';
import type { Command, PipelineEvent } from './events.ts';
import type { Pipeline } from './record.ts';
import { driverKeys, fileWrite, readPipeline, type KnownFile, type Read } from './records.ts';
import { advance } from './reducer.ts';
import { refusal } from './refusal.ts';
import { writesBetween } from './stored.ts';

export interface PipelineOptions {
  readonly store: Store;
  readonly eventlog: Pick<EventLog, 'commit'>;
  readonly world: World;
  readonly log: Logger;
}

type Doing = Exclude<Effect, { do: 'tell' }>;

/** Carries effects out; each answer comes back as an event. */
export interface Hands {
  carryOut(effect: Doing): void;
  close(): Promise<void>;
}

/** What is written down beside an event: that the versions file of an environment has been seen. */
export interface Seen {
  readonly environment: string;
  readonly file: KnownFile;
}

const againMs = 5_000;

export class PipelineDriver {
  readonly #options: PipelineOptions;
  readonly #alarm: Alarm;
  readonly #files: Map<string, KnownFile>;
  /** Part of the name of every commit. */
  readonly line: string;
  #pipeline: Pipeline;
  #revision: number;
  #hands: Hands | undefined;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: PipelineOptions, read: Read) {
    this.#options = options;
    this.#pipeline = read.pipeline;
    this.#files = new Map(read.files);
    this.#revision = read.revision;
    this.line = read.line ?? newLine(options.world);
    this.#alarm = new Alarm(options.world, () => void this.answer({ type: 'tick' }));
  }

  static async open(options: PipelineOptions): Promise<PipelineDriver> {
    return new PipelineDriver(options, await readPipeline(options.store));
  }

  get pipeline(): Pipeline {
    return this.#pipeline;
  }

  /** What the environment's versions file said when it was last looked at. */
  file(environment: string): KnownFile | undefined {
    return this.#files.get(environment);
  }

  isDue(effect: Effect): boolean {
    return isDue(this.#pipeline, effect);
  }

  /** Goes on where it stood: everything that is due is begun, or found again. */
  start(hands: Hands): Promise<void> {
    return this.#inTurn(() => {
      this.#hands = hands;
      for (const effect of resume(this.#pipeline)) this.#carryOut(effect);
      return Promise.resolve();
    });
  }

  /** Throws the refusal as a Fault; answers with the pipeline before and after. */
  command(command: Command): Promise<{ readonly before: Pipeline; readonly after: Pipeline }> {
    return this.#inTurn(async () => {
      const before = this.#pipeline;
      const refused = refusal(before, command, this.#options.world.now());
      if (refused !== undefined) throw fault(refused.code, refused.message);
      await this.#decide(command);
      return { before, after: this.#pipeline };
    });
  }

  tell(event: PipelineEvent, seen?: Seen): Promise<void> {
    return this.#inTurn(() => this.#decide(event, seen));
  }

  /** As {@link tell}, tried until it is written down: nobody gives the answer a second time. */
  async answer(event: PipelineEvent, seen?: Seen): Promise<void> {
    while (!this.#closed) {
      try {
        await this.tell(event, seen);
        return;
      } catch (error) {
        this.#options.log.error({ err: error, event: event.type }, 'could not be written down');
        await this.#options.world.sleep(againMs);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#alarm.close();
    await this.#hands?.close();
    await this.#turn;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work).finally(() => {
      this.#alarm.set(nextWake(this.#pipeline, this.#options.world.now()) ?? undefined);
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #decide(event: PipelineEvent, seen?: Seen): Promise<void> {
    const before = this.#pipeline;
    const [after, effects] = advance(before, event, this.#options.world.now());
    const writes: Write[] = writesBetween(before, after);
    if (seen !== undefined) writes.push(fileWrite(seen.environment, seen.file));
    if (writes.length > 0) await this.#write(writes, effects);
    this.#pipeline = after;
    if (seen !== undefined) this.#files.set(seen.environment, seen.file);
    for (const effect of effects) this.#carryOut(effect);
  }

  async #write(writes: readonly Write[], effects: readonly Effect[]): Promise<void> {
    const { eventlog, store } = this.#options;
    const { turn } = driverKeys;
    const told = effects.flatMap((effect) => (effect.do === 'tell' ? [effect.told] : []));
    const compares = [{ key: turn, revision: this.#revision }];
    const own = { put: turn, value: { line: this.line } };
    if (!(await eventlog.commit(compares, [...writes, own], told))) {
      throw new Error('somebody else has changed the pipeline');
    }
    this.#revision = (await store.get(turn))?.revision ?? 0;
  }

  #carryOut(effect: Effect): void {
    if (effect.do !== 'tell' && !this.#closed) this.#hands?.carryOut(effect);
  }
}

const newLine = (world: World): string =>
  Array.from({ length: 8 }, () => Math.floor(world.random() * 36).toString(36)).join('');
