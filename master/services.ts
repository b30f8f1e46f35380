// What the API can be asked, each answered by the part that knows; nothing is decided here.

import type { World } from '../protocol/world.ts';
import { Fault, fault } from '../states/faults.ts';
import { parseHostId, type HostId } from '../states/ids.ts';
import type { HostView } from './api/contract.ts';
import type { Services } from './api/services.ts';
import { apiTokens } from './api/tokens.ts';
import type { MasterConfig } from './config.ts';
import type { EventLog } from './eventlog.ts';
import { Keys } from './fleet/keys.ts';
import type { RunningFleet } from './fleet/server.ts';
import type { HostBook } from './hosts.ts';
import type { PipelineDriver } from './pipeline/driver.ts';
import type { RolloutDriver } from './rollout/driver.ts';
import { rolloutView } from './rollout/view.ts';
import { withMeasuredGaps } from './services/gaps.ts';
import { carryOut, refuseBusy, type Asked } from './services/apply.ts';
import { refuseStage, refuseUnpromoted } from './services/in-stage.ts';
import { pipelineServices } from './services/pipeline.ts';
import { askPlan, refuseOutdated } from './services/plan.ts';
import { rollbackChange } from './services/rollback.ts';
import { settling } from './services/settling.ts';
import type { StatesReader } from './services/states.ts';
import { history, oneRollout, statusView, type StatusOptions } from './services/status.ts';
import { narrowed, type Change } from './services/targets.ts';
import { wantedChange, type WantedOptions } from './services/wanted.ts';
import type { Store } from './store/store.ts';
import { readKept } from './verify/kept.ts';
import { receiveHook } from './triggers/hooks.ts';
import type { RegistryWatcher } from './triggers/registry-watcher.ts';
import { hostViews, pingHosts } from './views/hosts.ts';

export interface ServicesOptions {
  readonly config: Pick<MasterConfig, 'states' | 'hooks'>;
  readonly store: Store;
  readonly eventlog: EventLog;
  readonly world: World;
  readonly fleet: RunningFleet;
  readonly driver: RolloutDriver;
  readonly hosts: HostBook;
  readonly states: StatesReader;
  readonly pipeline: PipelineDriver;
  readonly registries: Pick<RegistryWatcher, 'hint'>;
  /** Reads the states anew for the pipeline. */
  readonly look: () => Promise<void>;
  readonly digestOf?: NonNullable<WantedOptions['digestOf']>;
}

const lookMsMax = 1_000;
/** Longer than a container needs to say its last lines. */
const logsMsMax = 20_000;

export function makeServices(options: ServicesOptions): Services {
  const { config, store, eventlog, world, fleet, driver, hosts, states, pipeline } = options;
  const connected = (): readonly HostId[] => fleet.connected();
  const shared = { store, states, hosts, connected };
  const apis = apiTokens(store, eventlog, world);

  const wanted = (request: Parameters<Services['plan']>[0]): Promise<Change> =>
    wantedChange({ ...shared, ...(options.digestOf && { digestOf: options.digestOf }) }, request);

  const status: StatusOptions = {
    ...{ ...shared, source: config.states },
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

  const settled = settling({ world, hosts, connected });

  /** What an apply would be about, refused where that would be. */
  const applicable = async (request: Parameters<Services['plan']>[0]): Promise<Change> => {
    await options.look().catch(unlessFault);
    refuseBusy(driver, request.environment);
    const change = await wanted(request);
    refuseUnpromoted(pipeline.pipeline, request.environment, change);
    return change;
  };

  const rollOut = (change: Change, asked: Asked) =>
    carryOut({ fleet, driver, events: eventlog }, change, asked);

  const viewOf = async (name: string): Promise<HostView> => {
    const [view] = hostViews([await hosts.find(name)], fleet.connected());
    if (view === undefined) throw new Error(`${name} has no view`);
    return view;
  };

  const removeHost = async (name: string, actor: string): Promise<void> => {
    const host = await hosts.remove(name, actor);
    fleet.disconnect(host);
    await driver.forget(host);
  };

  const keys = new Keys({
    ...{ store, eventlog, now: () => world.now(), requests: fleet.requests, remove: removeHost },
    digest: () => fleet.identity.digest,
    disconnect: (host, reason) => {
      fleet.disconnect(host, reason);
    },
  });

  return {
    events: eventlog,
    status: async (environment) => {
      await lookedAt();
      return statusView(status, environment);
    },
    history: (environment) => history(status, environment),
    rollout: (id) => oneRollout(status, id),
    ...pipelineServices({ ...options, pipeline }),

    hook: (name, call) =>
      receiveHook(config.hooks, name, call, (hints) => options.registries.hint(hints)),

    plan: async ({ toApply, ...request }) => {
      await settled();
      const change = await (toApply === true ? applicable(request) : wanted(request));
      return withMeasuredGaps(store, await askPlan(fleet, change));
    },
    apply: async ({ actor, plan, ...request }) => {
      await settled();
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

    ping: async (text) => {
      const all = await hosts.inventory();
      const chosen = narrowed(all, text, { inventory: (host) => host, what: 'the fleet' });
      return pingHosts(
        fleet,
        chosen.map(({ id }) => id),
      );
    },
    hosts: async () => hostViews(await hosts.all(), fleet.connected()),
    label: async (name, changes) => {
      await hosts.label(name, changes);
      return viewOf(name);
    },
    removeHost,
    logs: async (name, { environment, service, lines }) => {
      await hosts.find(name);
      const verb = { verb: 'logs', environment, service, lines };
      return fleet.call(hostId(name), verb as LogCall, logsMsMax);
    },

    testOutput: async (promotion, query) => ({
      outputs: await readKept(store, promotion, query),
    }),

    keys: () => keys.list(),
    decideKey: (id, decision) => keys.decide(id, decision),
    tokens: () => fleet.tokens.list(),
    createToken: (request) => fleet.tokens.create(request),
    revokeToken: async (id, actor) => {
      if (await fleet.tokens.revoke(id, actor)) return;
      if (await apis.revoke(id, actor)) return;
      throw fault('UNKNOWN_NAME', `there is no token ${id}`);
    },
    createApiToken: (request) => apis.create(request),
    authenticate: (bearer) => apis.authenticate(bearer),
  };
}

/** Whoever applies reads the states again, and is told then. */
function unlessFault(error: unknown): void {
  if (!(error instanceof Fault)) throw error;
}

type LogCall = Extract<Parameters<RunningFleet['call']>[1], { verb: 'logs' }>;

function hostId(name: string): HostId {
  const id = parseHostId(name);
  if (id === undefined) throw fault('UNKNOWN_NAME', `no host is named ${name}`);
  return id;
}
