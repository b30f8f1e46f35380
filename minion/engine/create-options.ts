// What the Docker Engine is told when a container of the state is made. Pure.

import { isIP } from 'node:net';
import type { ContainerSpec, Mount, PortBinding } from '../../states/model.ts';
import { fault } from '../../states/faults.ts';
import type { NewContainer } from './engine.ts';
import { hostOptions, ownOptions, tmpfsOf } from './host-options.ts';

export function createBody({ name, spec, labels, network, oneShot }: NewContainer) {
  // Where networks are named, so are all aliases in them; the others are joined after the making.
  const named = spec.networks?.find((each) => each.network === network)?.aliases;
  const aliases = [...(named ?? (oneShot === true ? [] : [String(spec.service)]))];
  return {
    Image: imageReference(spec.image),
    ...(spec.command === undefined ? {} : { Cmd: [...spec.command] }),
    ...(spec.entrypoint === undefined ? {} : { Entrypoint: [...spec.entrypoint] }),
    ...(spec.user === undefined ? {} : { User: spec.user }),
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    Labels: { ...labels },
    ...ownCheckOnly(spec),
    StopSignal: spec.stop.signal,
    StopTimeout: wholeSeconds(spec.stop.timeoutMs),
    ExposedPorts: Object.fromEntries(spec.ports.map((port) => [containerPort(port), {}])),
    ...ownOptions(spec),
    HostConfig: {
      ...hostOptions(spec),
      NetworkMode: network,
      PortBindings: portBindings(name, spec.ports),
      Mounts: [...spec.mounts.map(mountOf), ...(spec.tmpfs ?? []).map(tmpfsOf)],
      RestartPolicy: {
        Name: spec.restart.policy,
        MaximumRetryCount: spec.restart.maxRetries ?? 0,
      },
      ...(spec.limits.memoryBytes === undefined ? {} : { Memory: spec.limits.memoryBytes }),
      ...(spec.limits.cpus === undefined ? {} : { NanoCpus: Math.round(spec.limits.cpus * 1e9) }),
    },
    NetworkingConfig: {
      EndpointsConfig: { [network]: { Aliases: aliases } },
    },
  };
}

export const imageReference = (image: {
  readonly repository: string;
  readonly digest: string;
}): string => `${image.repository}@${image.digest}`;

/** Docker counts stop timeouts in seconds; a part of one is given whole. */
export const wholeSeconds = (ms: number): number => Math.ceil(ms / 1_000);

/** Where the minion probes by itself, Docker would run the image's HEALTHCHECK beside it. */
const ownCheckOnly = ({ healthcheck }: ContainerSpec): { Healthcheck?: { Test: string[] } } =>
  healthcheck.kind === 'image' ? {} : { Healthcheck: { Test: ['NONE'] } };

const containerPort = (port: PortBinding): string => `${port.container}/${port.protocol}`;

type Bindings = Record<string, { HostIp: string; HostPort: string }[]>;

function portBindings(name: string, ports: readonly PortBinding[]): Bindings {
  const bindings: Bindings = {};
  for (const port of ports) {
    // Docker takes what is no address for all addresses of the host, and says nothing.
    if (isIP(port.address) === 0) {
      const message = `ports: ${JSON.stringify(port.address)} is not an IP address`;
      throw fault('CONTAINER_OPTION', message, { where: name });
    }
    const list = (bindings[containerPort(port)] ??= []);
    list.push({ HostIp: port.address, HostPort: String(port.host) });
  }
  return bindings;
}

/** As a mount, not as a `bind` string: that would make a missing host path, owned by root. */
const mountOf = ({ type, source, target, readOnly }: Mount) => ({
  Type: type,
  Source: source,
  Target: target,
  ReadOnly: readOnly,
});
