// Everything of a minion that needs Docker: what is held true, what Docker tells, and what the master
// asks of it. Loaded after the link has been begun, because most of what a minion loads is for this.

import type { Logger } from 'pino';
import type { Call, Desire, Progress } from '../protocol/messages.ts';
import type { World } from '../protocol/world.ts';
import { answerCall, type Asked } from './answers.ts';
import { openEngine } from './engine/docker.ts';
import type { Engine, EngineInfo } from './engine/engine.ts';
import type { Journal } from './journal.ts';
import { Keeper } from './keep/keeper.ts';
import { watchEngine } from './keep/watcher.ts';
import { hastenNeighbours } from './neighbours.ts';
import { OneShots } from './one-shot.ts';
import type { HostPolicy } from './policy.ts';
import { environmentStatus, type EnvironmentStatus, type StatusView } from './status.ts';

interface HoldingOptions {
  /** As in DOCKER_HOST. */
  readonly docker: string | undefined;
  readonly policy: HostPolicy;
  /** How soon the kernel looks again for a container's address. */
  readonly arpRetryMs: number | undefined;
  readonly world: World;
  readonly log: Logger;
  readonly journal: Journal;
  /** Something was written that the master has not seen. */
  readonly wake: () => void;
  readonly progress: (progress: Progress) => void;
  readonly onUp: (info: EngineInfo) => void;
  readonly onDown: () => void;
}

export class Holding {
  readonly #options: HoldingOptions;
  readonly #engine: Engine;
  readonly #keeper: Keeper;
  readonly #shots: OneShots;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  docker: StatusView['docker'] = { fault: { code: 'DOCKER_DOWN', message: 'not asked yet' } };

  private constructor(options: HoldingOptions, engine: Engine) {
    const { world, log } = options;
    this.#options = options;
    this.#engine = engine;
    this.#shots = new OneShots({ engine, log });
    this.#keeper = new Keeper({ ...options, engine });
    this.#watching = watchEngine({
      ...{ engine, world, log, signal: this.#stop.signal },
      onUp: (info) => {
        this.#up(info);
      },
      onDown: ({ data }) => {
        this.docker = { fault: data };
        options.onDown();
      },
      onEvent: (event) => {
        this.#keeper.onEvent(event);
        if (event.type === 'network' && event.action === 'create') this.#hastenNeighbours();
      },
    });
  }

  /** Goes on with everything that the journal holds. */
  static async start(options: HoldingOptions): Promise<Holding> {
    const holding = new Holding(options, await openEngine({ host: options.docker }));
    holding.#keeper.resume();
    return holding;
  }

  desire(desire: Desire): void {
    this.#keeper.desire(desire);
  }

  answer(call: Call, asked: Asked): Promise<unknown> {
    const { world, journal, policy } = this.#options;
    const { health } = this.#keeper;
    const tools = { engine: this.#engine, shots: this.#shots, world, health, policy };
    return answerCall({ ...tools, held: journal.held }, call, asked);
  }

  environments(): Promise<readonly EnvironmentStatus[]> {
    const { world, journal, policy } = this.#options;
    const tools = { engine: this.#engine, world, policy, health: this.#keeper.health };
    return Promise.all(
      [...journal.held.environments].map(([name, held]) =>
        environmentStatus(held, { doing: this.#keeper.doing(name), tools }),
      ),
    );
  }

  /** Leaves all containers as they are. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#shots.idle();
    await this.#keeper.close();
    await this.#watching;
  }

  #hastenNeighbours(): void {
    const { log, arpRetryMs: retryMs } = this.#options;
    void hastenNeighbours({ engine: this.#engine, log, retryMs });
  }

  #up(info: EngineInfo): void {
    const { log, onUp } = this.#options;
    this.docker = { version: info.version };
    this.#hastenNeighbours();
    this.#keeper.lookAtAll();
    this.#shots.sweep().catch((error: unknown) => {
      log.warn({ err: error }, 'what was left of runs that were cut off may still be there');
    });
    onUp(info);
  }
}
