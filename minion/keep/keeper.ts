// All environments of this host, the health of what runs in them, and what the Engine tells of it.

import type { Logger } from 'pino';
import type { Desire, Progress } from '../../protocol/messages.ts';
import type { World } from '../../protocol/world.ts';
import type { EnvironmentName } from '../../states/ids.ts';
import type { HostState } from '../../states/model.ts';
import { networksOf } from '../../states/networks.ts';
import type { Engine, EngineEvent } from '../engine/engine.ts';
import { HealthBook } from '../health/health.ts';
import type { Journal } from '../journal.ts';
import type { HostPolicy } from '../policy.ts';
import { Keep, type Doing } from './keep.ts';
import { meaningOf } from './watcher.ts';

interface KeeperOptions {
  readonly engine: Engine;
  readonly policy: HostPolicy;
  readonly world: World;
  readonly journal: Journal;
  readonly log: Logger;
  /** Something was written that the master has not seen. */
  readonly wake: () => void;
  readonly progress: (progress: Progress) => void;
}

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #keeps = new Map<string, Keep>();
  readonly health: HealthBook;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.health = new HealthBook({
      ...options,
      onUnhealthy: (environment, { name, spec }, words) => {
        const what = `it turned unhealthy: ${words}`;
        this.#keeps.get(environment)?.changed({ service: spec.service, container: name, what });
      },
    });
  }

  /** Goes on with everything that the journal holds. */
  resume(): void {
    for (const environment of this.#options.journal.held.environments.keys()) {
      this.#keepOf(environment).resume();
    }
  }

  desire(desire: Desire): void {
    this.#keepOf(desire.state.environment).desire(desire);
  }

  /** The Engine is there again: whatever happened meanwhile was not seen. */
  lookAtAll(): void {
    for (const keep of this.#keeps.values()) keep.changed();
  }

  onEvent(event: EngineEvent): void {
    const meant = meaningOf(event);
    if (meant !== undefined) {
      const { owner, what, moved } = meant;
      if (moved) this.health.forget(event.name);
      const changed = { service: owner.service, container: event.name, what: what ?? '' };
      this.#keeps.get(owner.environment)?.changed(what === undefined ? undefined : changed);
      return;
    }
    if (!goings.has(`${event.type} ${event.action}`)) return;
    for (const keep of this.#keeps.values()) {
      if (keep.state !== undefined && touches(event, keep.state)) keep.changed();
    }
  }

  doing(environment: string): Doing {
    return this.#keeps.get(environment)?.doing ?? 'nothing';
  }

  /** Leaves all containers as they are. */
  async close(): Promise<void> {
    await Promise.all([...this.#keeps.values()].map((keep) => keep.close()));
    await this.health.close();
  }

  #keepOf(environment: EnvironmentName): Keep {
    const known = this.#keeps.get(environment);
    if (known !== undefined) return known;
    const log = this.#options.log.child({ environment });
    const keep = new Keep({ ...this.#options, log, health: this.health, environment });
    this.#keeps.set(environment, keep);
    return keep;
  }
}

const goings: ReadonlySet<string> = new Set([
  ...['network destroy', 'network disconnect', 'image untag', 'image delete'],
]);

/** An image is told by its id alone, so every environment looks. */
const touches = ({ type, name }: EngineEvent, state: HostState): boolean =>
  type === 'image' || state.containers.some((spec) => networksOf(spec, state).includes(name));
