// The rollouts of the pipeline: a release with exactly its digests, on the states as they are at its
// commit. Each attempt has a key, by which its rollout is found again instead of begun twice.

import { Fault, fault } from '../../states/faults.ts';
import type { ResolvedEnvironment } from '../../states/model.ts';
import { pinnedTo } from '../../states/pinned.ts';
import { resolveEnvironment } from '../../states/resolve.ts';
import type { States } from '../../states/states.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { HostBook } from '../hosts.ts';
import { readHeads, readRollout } from '../rollout/keys.ts';
import type { RolloutDriver } from '../rollout/driver.ts';
import type { Rollout, RolloutHead } from '../rollout/record.ts';
import { carryOut } from '../services/apply.ts';
import { rollbackChange } from '../services/rollback.ts';
import { StatesInvalid, type LoadedStates, type StatesReader } from '../services/states.ts';
import type { Change } from '../services/targets.ts';
import { wantedChange } from '../services/wanted.ts';
import type { Store } from '../store/store.ts';
import type { RunTest, StartRollout } from './effects.ts';

export interface RolloutsOptions {
  readonly store: Store;
  readonly eventlog: { readonly newest: number };
  readonly fleet: Pick<Fleet, 'connected' | 'call'>;
  readonly driver: RolloutDriver;
  readonly hosts: HostBook;
  readonly states: StatesReader;
  /** Resolves when the hosts have had the time to link again after the master began. */
  readonly settled: () => Promise<void>;
}

type Pinned = Pick<StartRollout, 'environment' | 'release' | 'images'>;

export class PipelineRollouts {
  readonly #options: RolloutsOptions;

  constructor(options: RolloutsOptions) {
    this.#options = options;
  }

  /** What was begun for this key before, over or not. */
  async find(environment: string, key: string): Promise<RolloutHead | undefined> {
    const heads = await readHeads(this.#options.store, environment);
    return heads.find(({ promotion }) => promotion?.key === key);
  }

  /** Undefined where every host runs it already. Throws a Fault where it cannot begin. */
  async start(effect: StartRollout): Promise<Rollout | undefined> {
    const { driver, store } = this.#options;
    const busy = driver.current(effect.environment);
    if (busy !== undefined) {
      throw fault('ROLLOUT_BUSY', `${busy.id} of ${effect.environment} is ${busy.phase} already`);
    }
    await this.#options.settled();
    const change = await this.#change(effect);
    const { actor, promotion: id, key, rollback } = effect;
    const cause = rollback ? ('rollback' as const) : ('promotion' as const);
    const events = this.#options.eventlog;
    const { rollout } = await carryOut({ ...this.#options, events }, change, {
      ...{ actor, cause, promotion: { id, key } },
    });
    if (rollout !== null) return readRollout(store, rollout.id);
    // Nothing to change and nothing to begin, but perhaps written down just now.
    const found = await this.find(effect.environment, key);
    return found === undefined ? undefined : readRollout(store, found.id);
  }

  /** The states and the environment as this release runs there. */
  async resolved(
    effect: Omit<RunTest, 'do'>,
    commit: string | null,
  ): Promise<{ readonly states: States; readonly environment: ResolvedEnvironment }> {
    const loaded = await this.#pinned(effect, commit);
    const { states, files } = loaded;
    const inventory = await this.#options.hosts.inventory();
    const { environment } = effect;
    const request = { environment, inventory, digests: new Map(), commit: loaded.commit };
    const resolved = resolveEnvironment(states, request);
    if (!resolved.ok) throw new StatesInvalid(resolved.diagnostics, files);
    return { states, environment: resolved.environment };
  }

  async #change(effect: StartRollout): Promise<Change> {
    const { environment, release, rollback } = effect;
    try {
      const change = await this.#wanted(effect);
      return rollback ? { ...change, policy: allAtOnce(change) } : change;
    } catch (error) {
      if (!rollback || !(error instanceof Fault)) throw error;
      // Going back waits neither for git nor for states that are right: it is done as it was then.
      const change = await rollbackChange(this.#options, {
        ...{ environment, release, actor: effect.actor },
      }).catch(() => {
        throw error;
      });
      return { ...change, policy: allAtOnce(change) };
    }
  }

  async #wanted(effect: StartRollout): Promise<Change> {
    const loaded = await this.#pinned(effect, effect.commit);
    const { fleet, store, hosts } = this.#options;
    const states = { read: () => Promise.resolve(loaded) };
    const connected = () => fleet.connected();
    return wantedChange({ store, hosts, states, connected }, { environment: effect.environment });
  }

  /** At its commit; where that cannot be read any more, or not any longer be right, as they are now. */
  async #pinned(of: Pinned, commit: string | null): Promise<LoadedStates> {
    const { states } = this.#options;
    const then =
      commit === null ? undefined : await states.readAt(commit).catch(unlessFault(undefined));
    const loaded = then ?? (await states.read());
    const pinned = pinnedTo(loaded.states, of);
    if (pinned !== undefined) return { ...loaded, states: pinned };
    throw fault('STATE_INVALID', `brine.yaml has no longer all images of ${of.release}`);
  }
}

const allAtOnce = ({ policy }: Change): Change['policy'] => ({
  ...{ ...policy, batch: { percent: 100 }, canary: 0, onFailure: 'pause' },
});

const unlessFault =
  <T>(otherwise: T) =>
  (error: unknown): T => {
    if (error instanceof Fault) return otherwise;
    throw error;
  };
