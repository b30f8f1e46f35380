// What people ask about rollouts: the plan, its apply, the way back, an end before its time, and how it
// all stands.

import type { World } from '../../protocol/world.ts';
import { Fault } from '../../states/faults.ts';
import type { PlanRequest } from '../api/contract.ts';
import type { Services } from '../api/services.ts';
import type { EventLog } from '../eventlog.ts';
import type { RunningFleet } from '../fleet/server.ts';
import type { HostBook } from '../hosts.ts';
import type { PipelineDriver } from '../pipeline/driver.ts';
import type { RolloutDriver } from '../rollout/driver.ts';
import { rolloutView } from '../rollout/view.ts';
import type { Store } from '../store/store.ts';
import { carryOut, refuseBusy, type Asked } from './apply.ts';
import { withMeasuredGaps } from './gaps.ts';
import { refuseStage, refuseUnpromoted } from './in-stage.ts';
import { askPlan, refuseOutdated } from './plan.ts';
import { rollbackChange } from './rollback.ts';
import { settling } from './settling.ts';
import type { StatesReader } from './states.ts';
import { history, oneRollout, statusView, type StatusOptions } from './status.ts';
import type { Change } from './targets.ts';
import { wantedChange, type WantedOptions } from './wanted.ts';

export interface RolloutServicesOptions {
  readonly config: { readonly states: StatusOptions['source'] };
  readonly store: Store;
  readonly eventlog: EventLog;
  readonly world: World;
  readonly fleet: RunningFleet;
  readonly driver: RolloutDriver;
  readonly hosts: HostBook;
  readonly states: StatesReader;
  readonly pipeline: PipelineDriver;
  /** Reads the states anew for the pipeline. */
  readonly look: () => Promise<void>;
  readonly digestOf?: NonNullable<WantedOptions['digestOf']>;
}

type Answered = 'status' | 'history' | 'rollout' | 'plan' | 'apply' | 'rollback' | 'abort';

export function rolloutServices(options: RolloutServicesOptions): Pick<Services, Answered> {
  const { store, eventlog, world, fleet, driver, hosts, states, pipeline } = options;
  const shared = { store, states, hosts, connected: () => fleet.connected() };
  const settled = settling({ ...shared, world });
  const wanted = (request: PlanRequest): Promise<Change> =>
    wantedChange({ ...shared, ...(options.digestOf && { digestOf: options.digestOf }) }, request);

  /** What an apply would be about, refused where that would be. */
  const applicable = async (request: PlanRequest): Promise<Change> => {
    refuseBusy(driver, request.environment);
    await settled();
    await options.look().catch(unlessFault);
    const change = await wanted(request);
    refuseUnpromoted(pipeline.pipeline, request.environment, change);
    return change;
  };

  const rollOut = (change: Change, asked: Asked) =>
    carryOut({ fleet, driver, events: eventlog }, change, asked);

  return {
    ...statusServices(options),
    plan: async ({ toApply, ...request }) => {
      if (toApply !== true) await settled();
      const change = await (toApply === true ? applicable(request) : wanted(request));
      return withMeasuredGaps(store, await askPlan(fleet, change));
    },
    apply: async ({ actor, plan, ...request }) => {
      const change = await applicable(request);
      refuseOutdated(change, plan);
      return rollOut(change, { actor, cause: 'apply' });
    },
    rollback: async (request) => {
      refuseBusy(driver, request.environment);
      refuseStage(pipeline.pipeline, request.environment);
      await settled();
      const change = await rollbackChange(shared, request);
      return rollOut(change, { actor: request.actor, cause: 'rollback' });
    },
    abort: async (id, actor) => rolloutView(await driver.abort(id, actor)),
  };
}

const lookMsMax = 1_000;

function statusServices(
  options: RolloutServicesOptions,
): Pick<Services, 'status' | 'history' | 'rollout'> {
  const { config, store, world, fleet, driver, hosts, states, pipeline } = options;
  const status: StatusOptions = {
    ...{ store, states, hosts, source: config.states, connected: () => fleet.connected() },
    pipeline: () => pipeline.pipeline,
    atWork: (view) => driver.atWork(view),
  };
  let reading: Promise<unknown> | undefined;
  /** Whoever asks how things stand shall know of the newest commit, but never wait long for git. */
  const lookedAt = async (): Promise<void> => {
    const over = new AbortController();
    // One fetch at a time, however many ask.
    reading ??= states
      .read()
      .catch(unlessFault)
      .finally(() => {
        reading = undefined;
      });
    await Promise.race([reading, world.sleep(lookMsMax, over.signal).catch(() => undefined)]);
    over.abort();
  };
  return {
    status: async (environment) => {
      await lookedAt();
      return statusView(status, environment);
    },
    history: (environment) => history(status, environment),
    rollout: (id) => oneRollout(status, id),
  };
}

/** Whoever applies reads the states again, and is told then. */
function unlessFault(error: unknown): void {
  if (!(error instanceof Fault)) throw error;
}
