// What a container was made from, as one hash: two specs with the same hash need no new container.

import { createHash } from 'node:crypto';
import type { ContainerOptions, ContainerSpec, HostState } from './model.ts';

/** What of the host's state stands in every one of its containers. */
export type Surroundings = Pick<HostState, 'project' | 'environment' | 'network'>;

/** Changes only when what is hashed, or how, changes; that replaces every container there is. */
const form = 'brine.spec.1';

/**
 * 64 hexadecimal digits. Left out is what can change while the container runs on:
 * the image's tag and commit and the release, because the digest says which bytes run;
 * `minHealthyMs`, `needs`, `retain`, `drain` and the stop's timeout, because the minion keeps to them by
 * itself; `at`, because moving a line in a file changes nothing.
 * The probe is in it: one that is wrong would otherwise take down every host at once, past canaries,
 * batches and the way back.
 * The `order` of a switch is the plan's. Options are hashed only where they are there, so that those
 * which came to the language later left every older hash as it was.
 */
export function specHash(spec: ContainerSpec, around: Surroundings): string {
  const made = {
    form,
    project: around.project,
    environment: around.environment,
    network: around.network,
    service: spec.service,
    slot: spec.slot,
    image: `${spec.image.repository}@${spec.image.digest}`,
    command: spec.command,
    entrypoint: spec.entrypoint,
    env: spec.env,
    ports: inAnyOrder(spec.ports),
    mounts: inAnyOrder(spec.mounts),
    restart: spec.restart,
    limits: spec.limits,
    healthcheck: spec.healthcheck,
    stopSignal: spec.stop.signal,
    user: spec.user,
    labels: spec.labels,
    ...optionsOf(spec),
  };
  return createHash('sha256').update(canonical(made)).digest('hex');
}

/** Every option, so that none can be forgotten here. */
const optionsOf = (spec: ContainerOptions): Readonly<Record<keyof ContainerOptions, unknown>> => ({
  configs: spec.configs && inAnyOrder(spec.configs),
  networks: spec.networks && inAnyOrder(spec.networks),
  workingDir: spec.workingDir,
  hostname: spec.hostname,
  tmpfs: spec.tmpfs && inAnyOrder(spec.tmpfs),
  extraHosts: spec.extraHosts,
  dns: spec.dns,
  capAdd: spec.capAdd && inAnyOrder(spec.capAdd),
  capDrop: spec.capDrop && inAnyOrder(spec.capDrop),
  readOnlyRoot: spec.readOnlyRoot,
  init: spec.init,
  securityOpt: spec.securityOpt && inAnyOrder(spec.securityOpt),
  devices: spec.devices && inAnyOrder(spec.devices),
  logging: spec.logging,
});

/** For lists whose order means nothing to Docker. */
const inAnyOrder = (list: readonly unknown[]): readonly string[] => list.map(canonical).sort();

/** JSON with the keys of every object in order, and without those that are undefined. */
export const canonical = (value: unknown): string => JSON.stringify(ordered(value));

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  // A list of pairs: an object would put keys that look like numbers first, and lose `__proto__`.
  return Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, each]) => [key, ordered(each)]);
}
