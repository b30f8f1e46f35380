// One service on one host as the container it is to be: defaults filled in, names made full.

import { defaults } from './defaults.ts';
import type { ServiceName } from './ids.ts';
import type {
  ContainerSpec,
  Healthcheck,
  Mount,
  PinnedImage,
  PortBinding,
  SourcePosition,
} from './model.ts';
import type { Service } from './schema/service.ts';
import { written } from './schema/service-checks.ts';

export interface ContainerOf {
  readonly name: ServiceName;
  readonly service: Service;
  readonly image: PinnedImage;
  /** Stands before the names of volumes: `<project>-<environment>`. */
  readonly prefix: string;
  readonly minHealthyMs: number;
  readonly at: SourcePosition;
}

export function makeContainer(of: ContainerOf): ContainerSpec {
  const { name, service, image, prefix, minHealthyMs, at } = of;
  const { command, entrypoint, user, ports = [], limits = {}, stop = {} } = service;
  return {
    service: name,
    slot: 1,
    image,
    ...(command && { command }),
    ...(entrypoint && { entrypoint }),
    env: service.env ?? {},
    ports,
    mounts: (service.volumes ?? []).map((volume) => fullName(volume, prefix)),
    restart: service.restart ?? { policy: defaults.restart },
    limits: {
      ...(limits.memory !== undefined && { memoryBytes: limits.memory }),
      ...(limits.cpus !== undefined && { cpus: limits.cpus }),
    },
    healthcheck: healthcheckOf(service.healthcheck ?? {}, ports),
    stop: {
      signal: stop.signal ?? defaults.stop.signal,
      timeoutMs: stop.timeout ?? written(defaults.stop.timeout),
    },
    ...(user !== undefined && { user }),
    labels: service.labels ?? {},
    minHealthyMs,
    needs: service.needs ?? [],
    retain: service.retain ?? defaults.retain,
    at,
  };
}

const fullName = (mount: Mount, prefix: string): Mount =>
  mount.type === 'volume' ? { ...mount, source: `${prefix}-${mount.source}` } : mount;

function healthcheckOf(
  check: NonNullable<Service['healthcheck']>,
  ports: readonly PortBinding[],
): Healthcheck {
  const standard = defaults.healthcheck;
  const timing = {
    intervalMs: check.interval ?? written(standard.interval),
    timeoutMs: check.timeout ?? written(standard.timeout),
    startMs: check.start ?? written(standard.start),
    retries: check.retries ?? standard.retries,
  };
  const { http, tcp, exec } = check;
  if (http !== undefined) {
    return { kind: 'http', port: check.port ?? firstPort(ports), path: http, ...timing };
  }
  if (tcp !== undefined) {
    return { kind: 'tcp', port: tcp === true ? firstPort(ports) : tcp, ...timing };
  }
  if (exec !== undefined) return { kind: 'exec', command: exec, ...timing };
  return { kind: check.none === undefined ? 'image' : 'none', ...timing };
}

/** The checks of the schema have made sure that there is one. */
function firstPort(ports: readonly PortBinding[]): number {
  const first = ports.find(({ protocol }) => protocol === 'tcp');
  if (first === undefined) throw new Error('a probe of a port that was not checked');
  return first.container;
}
