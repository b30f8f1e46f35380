// What the API can be asked, each answered by the part that knows; nothing is decided here.

import { fault } from '../states/faults.ts';
import { parseHostId, type HostId } from '../states/ids.ts';
import type { HostView } from './api/fleet-contract.ts';
import type { Services } from './api/services.ts';
import { apiTokens } from './api/tokens.ts';
import type { MasterConfig } from './config.ts';
import { Keys } from './fleet/keys.ts';
import type { RunningFleet } from './fleet/server.ts';
import { pipelineServices } from './services/pipeline.ts';
import { rolloutServices, type RolloutServicesOptions } from './services/rollouts.ts';
import { narrowed } from './services/targets.ts';
import { readKept } from './verify/kept.ts';
import { receiveHook } from './triggers/hooks.ts';
import type { RegistryWatcher } from './triggers/registry-watcher.ts';
import { hostViews, pingHosts } from './views/hosts.ts';

interface ServicesOptions extends RolloutServicesOptions {
  readonly config: Pick<MasterConfig, 'states' | 'hooks'>;
  readonly registries: Pick<RegistryWatcher, 'hint'>;
  /** A push to the states was told of. */
  readonly pushed: () => void;
}

/** Longer than a container needs to say its last lines. */
const logsMsMax = 20_000;

export function makeServices(options: ServicesOptions): Services {
  const { config, store, eventlog, world, fleet, driver, hosts, pipeline } = options;
  const apis = apiTokens(store, eventlog, world);

  const viewOf = async (name: string): Promise<HostView> => {
    const [view] = hostViews([await hosts.find(name)], fleet.connected(), await keys.revoked());
    if (view === undefined) throw new Error(`${name} has no view`);
    return view;
  };

  const removeHost = async (name: string, actor: string): Promise<void> => {
    const host = await hosts.remove(name, actor);
    fleet.disconnect(host);
    await driver.forget(host);
  };

  const keys = keysOf(options, removeHost);

  return {
    events: eventlog,
    ...rolloutServices(options),
    ...pipelineServices({ ...options, pipeline }),

    hook: (name, call) =>
      receiveHook(config.hooks, name, call, {
        hint: (hints) => options.registries.hint(hints),
        pushed: options.pushed,
      }),

    ping: async (text) => {
      const all = await hosts.inventory();
      const chosen = narrowed(all, text, { inventory: (host) => host, what: 'the fleet' });
      return pingHosts(
        fleet,
        chosen.map(({ id }) => id),
      );
    },
    hosts: async () => hostViews(await hosts.all(), fleet.connected(), await keys.revoked()),
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
    rotateCa: (actor, finish) => fleet.rotateCa(actor, finish),
    tokens: () => fleet.tokens.list(),
    createToken: (request) => fleet.tokens.create(request),
    revokeToken: async (id, actor) => {
      if (await fleet.tokens.revoke(id, actor)) return;
      if (await apis.revoke(id, actor)) return;
      throw fault('UNKNOWN_NAME', `there is no token ${id}`);
    },
    apiTokens: () => apis.list(),
    createApiToken: (request) => apis.create(request),
    authenticate: (bearer) => apis.authenticate(bearer),
  };
}

function keysOf(
  { store, eventlog, world, fleet }: ServicesOptions,
  remove: (name: string, actor: string) => Promise<void>,
): Keys {
  return new Keys({
    ...{ store, eventlog, now: () => world.now(), requests: fleet.requests, remove },
    digest: () => fleet.identity.digest,
    rotation: () => fleet.rotation(),
    disconnect: (host, reason) => {
      fleet.disconnect(host, reason);
    },
  });
}

type LogCall = Extract<Parameters<RunningFleet['call']>[1], { verb: 'logs' }>;

function hostId(name: string): HostId {
  const id = parseHostId(name);
  if (id === undefined) throw fault('UNKNOWN_NAME', `no host is named ${name}`);
  return id;
}
