// `master start`: opens what the master is made of, one after the other, and keeps it until it is asked
// to end. The links come up after the rollouts have been read, the API when everything else is there.

import { join } from 'node:path';
import type { Logger } from 'pino';
import { realWorld, type World } from '../protocol/world.ts';
import { startApi, type ApiOptions } from './api/server.ts';
import { readConfig, type MasterConfig } from './config.ts';
import { endpointText } from './endpoint.ts';
import { EventLog } from './eventlog.ts';
import type { FleetHandlers } from './fleet/fleet.ts';
import { startFleet, type RunningFleet } from './fleet/server.ts';
import { HostBook } from './hosts.ts';
import { openPipeline } from './pipeline/open.ts';
import { serverNames } from './init.ts';
import { Lifecycle } from './lifecycle.ts';
import { RolloutDriver } from './rollout/driver.ts';
import { strangersIn } from './rollout/strangers.ts';
import { makeServices } from './services.ts';
import { pendingOf } from './services/pending.ts';
import { StatesReader } from './services/states.ts';
import { openSource } from './source/source.ts';
import { AutoApply } from './triggers/auto-apply.ts';
import { RegistryWatcher } from './triggers/registry-watcher.ts';
import { openStore } from './store/sqlite.ts';
import type { Store } from './store/store.ts';

interface DaemonOptions {
  readonly dir: string;
  readonly log: Logger;
  readonly world?: World;
  /** Instead of the file in `dir`; given where that would be. */
  readonly openStore?: (path: string) => Promise<Store>;
}

export interface Daemon {
  /** Where minions connect, where people do (unless nowhere), and the socket beside the records. */
  readonly addresses: {
    readonly fleet: string;
    readonly api: string | null;
    readonly socket: string;
  };
  close(): Promise<void>;
}

/** Throws a Fault: MASTER_UNSET, MASTER_BUSY, STORE_UNUSABLE, LISTEN_FAILED, BAD_USAGE. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { dir, log } = options;
  const config = await readConfig(dir);
  const lifecycle = new Lifecycle(log);
  try {
    return await openAll({ ...options, config, lifecycle });
  } catch (error) {
    await lifecycle.close();
    throw error;
  }
}

interface Opening extends DaemonOptions {
  readonly config: MasterConfig;
  readonly lifecycle: Lifecycle;
}

async function openAll(opening: Opening): Promise<Daemon> {
  const { dir, log, config, lifecycle, world = realWorld, openStore: open = openStore } = opening;
  // Held by one master alone: a second one on this directory ends here.
  const store = await open(join(dir, 'brine.db'));
  lifecycle.opened('store', store, () => store.close());
  const eventlog = await EventLog.open(store, world);
  const base = { store, eventlog, world, log };
  const hosts = new HostBook(base);
  lifecycle.opened('hosts', hosts, () => hosts.close());
  const driver = await RolloutDriver.open(base);
  lifecycle.opened('rollouts', driver, () => driver.close());
  for (const host of await strangersIn(store, await hosts.all())) await driver.forget(host);
  const fleet = await startFleet({
    ...{ ...base, ...config.fleet, dir },
    names: serverNames(config.fleet.listen, config.fleet.address),
    handlers: handlersOf(hosts, driver),
  });
  driver.use(fleet);
  lifecycle.opened('fleet', fleet, () => {
    hosts.closing();
    return fleet.close();
  });
  const source = openSource({ ...config.states, dir });
  const states = new StatesReader(source);
  const line = await openPipeline({ ...base, config, fleet, driver, hosts, states, source });
  lifecycle.opened('pipeline', line, () => line.close());
  const { pipeline, look } = line;
  const registries = new RegistryWatcher({
    ...{ pipeline, look, states, world, log, pollMs: config.registryPollMs },
  });
  lifecycle.opened('registries', registries, () => registries.close());
  const pushed = (): void => {
    // Who polls will tell what is wrong with the states.
    void look().then(
      () => auto.look(),
      () => undefined,
    );
  };
  const services = makeServices({
    ...{ ...base, config, fleet, driver, hosts, states, pipeline, look, pushed, registries },
  });
  const socket = join(dir, 'master.sock');
  const tls = tlsFor(config, fleet);
  const api = await startApi({ services, socket, log, world, ...(tls && { tls }) });
  lifecycle.opened('api', api, () => api.close());
  fleet.onIdentity(({ server }) => {
    api.use(server);
  });
  const auto = new AutoApply({
    ...{ store, states, pipeline, world, log },
    apply: (request) => services.apply(request),
    pending: (environment) => pendingOf({ store, hosts, states }, pipeline.pipeline, environment),
  });
  lifecycle.opened('automatic applies', auto, () => auto.close());
  line.watch(() => auto.look());
  registries.start();
  const address = api.address();
  return {
    addresses: {
      fleet: endpointText(fleet.address()),
      ...{ api: address === undefined ? null : endpointText(address), socket },
    },
    close: () => lifecycle.close(),
  };
}

/** What is recorded of a host comes before what is asked of it. */
const handlersOf = (hosts: HostBook, driver: RolloutDriver): FleetHandlers => ({
  onHello: async (host, hello) => {
    await hosts.linked(host, hello);
    await driver.onHello(host, hello);
  },
  onReport: (host, seq, report) => driver.onReport(host, seq, report),
  onDrift: (host, seq, drift) => driver.onDrift(host, seq, drift),
  onProgress: (host, progress) => {
    driver.onProgress(host, progress);
  },
  onFacts: (host, facts) => hosts.facts(host, facts),
  onGone: (host, reason) => {
    hosts.gone(host, reason);
    driver.onGone(host);
  },
});

/** Undefined where people and CI are served on the socket only. */
function tlsFor({ api }: MasterConfig, fleet: RunningFleet): ApiOptions['tls'] {
  return api === undefined ? undefined : { listen: api, ...fleet.identity.server };
}
