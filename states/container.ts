// One service on one host as the container it is to be: defaults filled in, names made full.

import { defaults } from './defaults.ts';
import type { ServiceName } from './ids.ts';
import type {
  ContainerOptions,
  ContainerSpec,
  Drain,
  Healthcheck,
  JobSpec,
  Mount,
  PinnedImage,
  PortBinding,
  SourcePosition,
} from './model.ts';
import { networkName } from './networks.ts';
import { bindingsOf } from './ports.ts';
import type { Job } from './schema/job.ts';
import type { Service } from './schema/service.ts';
import { written } from './schema/service-checks.ts';
import type { ServiceFiles } from './service-files.ts';

export interface ContainerOf {
  readonly name: ServiceName;
  readonly service: Service;
  readonly image: PinnedImage;
  /** Stands before the names of volumes: `<project>-<environment>`. */
  readonly prefix: string;
  readonly minHealthyMs: number;
  /** Which of its instances on the host; the first where absent. */
  readonly slot?: number;
  readonly files?: Pick<ServiceFiles, 'configs' | 'env'>;
  readonly at: SourcePosition;
}

export function makeContainer(of: ContainerOf): ContainerSpec {
  const { name, service, image, prefix, minHealthyMs, slot = 1, at } = of;
  const { configs = [], env = {} } = of.files ?? {};
  const { command, entrypoint, user, order, limits = {}, stop = {} } = service;
  const ports = (service.ports ?? []).flatMap((port) => bindingsOf(port, slot));
  return {
    service: name,
    slot,
    image,
    ...(command && { command }),
    ...(entrypoint && { entrypoint }),
    env: { ...env, ...service.env },
    ports,
    mounts: (service.volumes ?? []).map((volume) => fullName(volume, prefix)),
    restart: service.restart ?? { policy: defaults.restart },
    limits: {
      ...(limits.memory !== undefined && { memoryBytes: limits.memory }),
      ...(limits.cpus !== undefined && { cpus: limits.cpus }),
      ...(limits.pids !== undefined && { pids: limits.pids }),
      ...(limits.shm !== undefined && { shmBytes: limits.shm }),
      ...(isFull(limits.ulimits) && { ulimits: limits.ulimits }),
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
    ...(order !== undefined && { order }),
    ...(service.drain && { drain: drainOf(service.drain, ports) }),
    ...optionsOf(service),
    ...joinedBy(of),
    ...(configs.length > 0 && { configs }),
    at,
  };
}

/** As in Compose: who names networks is in these and no others; `default` is the environment's own. */
function joinedBy({ name, service, prefix }: ContainerOf): Pick<ContainerSpec, 'networks'> {
  const joined = Object.entries(service.networks ?? {});
  if (joined.length === 0) return {};
  return {
    networks: joined.map(([network, { aliases = [] }]) => ({
      network: networkName(prefix, network),
      aliases: unique([name, ...aliases]).toSorted(),
    })),
  };
}

function drainOf(drain: NonNullable<Service['drain']>, ports: readonly PortBinding[]): Drain {
  const intervalMs = drain.interval ?? written(defaults.drain.interval);
  const timing = { intervalMs, timeoutMs: probeMs, startMs: 0, retries: 1 };
  const { exec, http = '', port } = drain;
  const probe =
    exec === undefined
      ? ({ kind: 'http', port: port ?? firstPort(ports), path: http, ...timing } as const)
      : ({ kind: 'exec', command: exec, ...timing } as const);
  return { probe, timeoutMs: drain.timeout ?? written(defaults.drain.timeout) };
}

/** For one question. */
const probeMs = 5_000;

/** What a job does not say is the service's; nobody reaches it, and nothing starts it again. */
export function makeJob(of: ContainerOf, name: string, job: Job): JobSpec {
  const { service } = of;
  const { command, entrypoint, user, env } = job;
  const own = {
    ...(command && { command }),
    ...(entrypoint && { entrypoint }),
    ...(user !== undefined && { user }),
    env: { ...service.env, ...env },
  };
  return {
    name,
    service: of.name,
    once: job.once ?? defaults.job.once,
    on: job.on ?? defaults.job.on,
    timeoutMs: job.timeout ?? written(defaults.job.timeout),
    spec: withoutAliases(
      makeContainer({
        ...of,
        service: {
          ...{ ...withoutDrain(service), ...own, ports: [], needs: [] },
          healthcheck: { none: true },
          restart: { policy: 'no' },
        },
      }),
    ),
  };
}

const withoutAliases = ({ networks, ...spec }: ContainerSpec): ContainerSpec => ({
  ...spec,
  ...(networks && { networks: networks.map(({ network }) => ({ network, aliases: [] })) }),
});

function withoutDrain(service: Service): Service {
  const rest = { ...service };
  delete rest.drain;
  return rest;
}

/** An empty list or map asks for nothing, and is as good as absent. */
function optionsOf(service: Service): ContainerOptions {
  const { dns, logging, init, working_dir: workingDir, hostname } = service;
  const { extra_hosts: extraHosts, cap_add: capAdd, cap_drop: capDrop } = service;
  const { tmpfs, security_opt: securityOpt, devices } = service;
  const { servers = [], search = [], options = [] } = dns ?? {};
  return {
    ...(workingDir !== undefined && { workingDir }),
    ...(hostname !== undefined && { hostname }),
    ...(isFull(tmpfs) && { tmpfs }),
    ...(isFull(extraHosts) && { extraHosts }),
    ...(isFull([...servers, ...search, ...options]) && { dns: { servers, search, options } }),
    ...(isFull(capAdd) && { capAdd: unique(capAdd) }),
    ...(isFull(capDrop) && { capDrop: unique(capDrop) }),
    ...(service.read_only === true && { readOnlyRoot: true }),
    ...(init !== undefined && { init }),
    ...(isFull(securityOpt) && { securityOpt: unique(securityOpt) }),
    ...(isFull(devices) && { devices }),
    ...(logging && { logging: { driver: logging.driver, options: logging.options ?? {} } }),
  };
}

const isFull = <T extends object>(value: T | undefined): value is T =>
  value !== undefined && Object.keys(value).length > 0;

const unique = (list: readonly string[]): readonly string[] => [...new Set(list)];

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
