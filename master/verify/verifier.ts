// Runs a test of a stage: chooses its hosts, asks them, keeps what they say and tells it on while it
// comes. Asked again after a restart of the master it runs again; nothing of the first run is left, as
// a host ends what it runs when the link does.

import type { Logger } from 'pino';
import { limits } from '../../protocol/limits.ts';
import type { Tested } from '../../protocol/test-schema.ts';
import type { World } from '../../protocol/world.ts';
import { Fault } from '../../states/faults.ts';
import type { HostId } from '../../states/ids.ts';
import type { InventoryHost, ResolvedEnvironment } from '../../states/model.ts';
import type { States } from '../../states/states.ts';
import { resolveTest, testOutline } from '../../states/tests.ts';
import type { EventLog } from '../eventlog.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { RunTest } from '../pipeline/effects.ts';
import type { Store } from '../store/store.ts';
import { standings } from './standing.ts';
import { couldNot, judge, type HostTested, type Judged } from './judge.ts';
import { keep } from './kept.ts';
import { planTest } from './plan.ts';

interface VerifierOptions {
  readonly store: Store;
  readonly eventlog: Pick<EventLog, 'publish'>;
  readonly fleet: Pick<Fleet, 'call' | 'connected'>;
  readonly world: World;
  readonly log: Logger;
}

interface Verifying {
  readonly effect: Omit<RunTest, 'do'>;
  /** As they are at the commit that the environment runs. */
  readonly states: States;
  /** The environment as it was rolled out, with this release. */
  readonly environment: ResolvedEnvironment;
}

/** Beside the test's own time: to fetch its image, to begin it, and to stop one that is deaf. */
const aroundMs = 100_000;
const hostsAtOnce = 32;

export class Verifier {
  readonly #options: VerifierOptions;

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Rejects with the signal's reason when it fires, and with what is a defect; all else is a verdict. */
  async run(verifying: Verifying, signal: AbortSignal): Promise<Judged> {
    try {
      return await this.#run(verifying, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Fault)) throw error;
      return couldNot(error.data.message);
    }
  }

  async #run(verifying: Verifying, signal: AbortSignal): Promise<Judged> {
    const { store, fleet } = this.#options;
    const { effect, states, environment } = verifying;
    const { test, promotion } = effect;
    const hosts = await standings(store, environment, new Set(fleet.connected()));
    const plan = planTest(testOutline(states, test), hosts);
    if (plan.run === 'none') return couldNot(plan.why);
    const output = `/v1/promotions/${promotion}/output?test=${test}`;
    const results: HostTested[] = [];
    if (plan.run === 'first') {
      for (const host of plan.hosts) {
        const tested = await this.#onHost(host, verifying, signal);
        results.splice(0, results.length, { host: host.id, tested });
        if (!isLost(tested)) break;
      }
    } else {
      const left = [...plan.hosts];
      const hand = async (): Promise<void> => {
        for (let host = left.shift(); host !== undefined; host = left.shift()) {
          const tested = await this.#onHost(host, verifying, signal);
          results.push({ host: host.id, tested });
        }
      };
      await Promise.all(Array.from({ length: Math.min(hostsAtOnce, left.length) }, hand));
      results.sort((one, two) => (one.host < two.host ? -1 : 1));
    }
    return judge(results, output);
  }

  async #onHost(host: InventoryHost, verifying: Verifying, signal: AbortSignal): Promise<Tested> {
    const { store, world } = this.#options;
    const { effect } = verifying;
    const tested = await this.#ask(host, verifying, signal);
    const { environment, test, release, promotion } = effect;
    const at = world.now();
    await keep(store, promotion, { environment, test, release, host: host.id, at, tested });
    return tested;
  }

  async #ask(host: InventoryHost, verifying: Verifying, signal: AbortSignal): Promise<Tested> {
    const { eventlog, fleet, world, log } = this.#options;
    const { effect, states, environment: resolved } = verifying;
    const { environment, test, images, release, promotion, timeoutMs } = effect;
    const state = resolved.hosts.find((each) => each.host.id === host.id)?.state;
    if (state === undefined)
      throw new Error(`a test on ${host.id}, which is not in ${environment}`);
    const found = resolveTest(states, test, { environment, images, release, host });
    if (!found.ok) {
      const [first] = found.diagnostics;
      return lost(first === undefined ? 'it cannot be resolved' : placed(first), 'STATE_INVALID');
    }
    const { project, network } = state;
    const call = {
      ...({ verb: 'test', project, environment, network, test, timeoutMs } as const),
      ...{ run: this.#runName(effect.key), request: found.request },
    };
    const onLines = (lines: readonly string[]): void => {
      const at = world.now();
      eventlog.publish({ kind: 'output', at, host: host.id, environment, promotion, test, lines });
    };
    try {
      const id: HostId = host.id;
      return await fleet.call(id, call, timeoutMs + aroundMs, { signal, onLines });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Fault)) throw error;
      log.warn({ err: error, host: host.id, test, promotion }, 'a test could not be made');
      return lost(error.data.message, error.data.code);
    }
  }

  /** Differs also from a run under the same key that a master before this one began. */
  #runName(key: string): string {
    const chance = Math.floor(this.#options.world.random() * 0x1000000);
    const about = key.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    return `${about.slice(0, 48)}-${chance.toString(16).padStart(6, '0')}`;
  }
}

/** That says nothing of the release, and another host can be asked. */
const isLost = ({ verdict, code }: Tested): boolean =>
  verdict === 'errored' && (code === 'HOSTS_MISSING' || code === 'DOCKER_DOWN');

const lost = (detail: string, code: NonNullable<Tested['code']>): Tested => ({
  ...{ verdict: 'errored', detail: detail.slice(0, limits.logLineCharsMax), code, durationMs: 0 },
  ...{ exitCode: null, counts: null },
  output: { head: '', tail: '', omittedLines: 0, omittedChars: 0 },
});

const placed = ({ file, line, message }: { file: string; line: number; message: string }): string =>
  `${file}:${line}: ${message}`;
