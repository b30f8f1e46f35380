// The Engine's answers, parsed once into the minion's words.

import { z } from 'zod';
import type { ContainerStatus } from '../../states/observed.ts';
import type {
  ContainerDetail,
  EngineContainer,
  EngineImage,
  EngineInfo,
  HostPort,
} from './engine.ts';
import { tidy } from './errors.ts';

const strings = z.array(z.string()).nullish();
const labels = z.record(z.string(), z.string()).nullish();
const statuses = [
  ...['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'],
] as ContainerStatus[];
/** A state that we do not know is none that serves. */
const status = z.enum(statuses).catch('dead');

export const infoAnswer = z
  .object({
    ServerVersion: z.string(),
    Driver: z.string().catch(''),
    OperatingSystem: z.string().catch(''),
    KernelVersion: z.string().catch(''),
    Architecture: z.string().catch(''),
    NCPU: z.number().catch(0),
    MemTotal: z.number().catch(0),
    DockerRootDir: z.string().catch(''),
  })
  .transform((raw): Omit<EngineInfo, 'apiVersion'> => ({
    version: raw.ServerVersion,
    storageDriver: raw.Driver,
    os: raw.OperatingSystem,
    kernel: raw.KernelVersion,
    architecture: raw.Architecture,
    cpus: raw.NCPU,
    memoryBytes: raw.MemTotal,
    dataRoot: raw.DockerRootDir,
  }));

const inNetworks = {
  Networks: z.record(z.string(), z.object({ IPAddress: z.string().catch('') })).nullish(),
};
const networkSettings = z.object(inNetworks);

function addressesIn({ Networks }: z.infer<typeof networkSettings>): Record<string, string> {
  const all = Object.entries(Networks ?? {});
  const addresses = all.map(([name, { IPAddress }]) => [name, IPAddress] as const);
  return Object.fromEntries(addresses.filter(([, address]) => address !== ''));
}

const listedContainer = z.object({
  Id: z.string(),
  Names: strings,
  ImageID: z.string(),
  Created: z.number(),
  Labels: labels,
  State: status,
  Status: z.string().catch(''),
  Ports: z
    .array(
      z.object({
        IP: z.string().catch(''),
        PublicPort: z.number().optional(),
        Type: z.string(),
      }),
    )
    .nullish(),
  NetworkSettings: networkSettings,
});

export const containersAnswer = z
  .array(listedContainer)
  .transform((list): readonly EngineContainer[] => {
    const times = creationTimes(list.map(({ Created }) => Created));
    return list.map((raw, index) => ({
      id: raw.Id,
      name: ownName(raw.Names ?? []),
      labels: raw.Labels ?? {},
      status: raw.State,
      health: healthIn(raw.State, raw.Status),
      imageId: raw.ImageID,
      hostPorts: hostPorts(
        (raw.Ports ?? []).map(({ IP, PublicPort = 0, Type }) => [IP, PublicPort, Type] as const),
      ),
      networks: Object.keys(raw.NetworkSettings.Networks ?? {}),
      addresses: addressesIn(raw.NetworkSettings),
      createdAt: times[index] ?? 0,
    }));
  });

/**
 * The list tells whole seconds, but it is in order, the newest first: within one second the place in
 * it makes the milliseconds.
 */
function creationTimes(seconds: readonly number[]): number[] {
  const seen = new Map<number, number>();
  return seconds
    .toReversed()
    .map((second) => {
      const place = seen.get(second) ?? 0;
      seen.set(second, place + 1);
      return second * 1_000 + Math.min(place, 999);
    })
    .toReversed();
}

/** Links of old stand there too, as `/other/alias`. */
const ownName = (names: readonly string[]): string =>
  (names.find((name) => name.lastIndexOf('/') === 0) ?? names[0] ?? '').replace(/^\//, '');

/** As it stands in `Up 3 seconds (health: starting)`. */
function healthIn(state: ContainerStatus, text: string): EngineContainer['health'] {
  if (state !== 'running') return 'none';
  if (text.endsWith('(healthy)')) return 'healthy';
  if (text.endsWith('(unhealthy)')) return 'unhealthy';
  return text.endsWith('(health: starting)') ? 'starting' : 'none';
}

/** What Docker publishes on all addresses it tells twice, for IPv4 and for IPv6: once is enough. */
function hostPorts(
  raw: readonly (readonly [address: string, port: number, protocol: string])[],
): readonly HostPort[] {
  const ports = raw.flatMap(([address, port, protocol]): HostPort[] =>
    port > 0 && (protocol === 'tcp' || protocol === 'udp')
      ? [{ address: address === '' ? '0.0.0.0' : address, port, protocol }]
      : [],
  );
  const everywhere = new Set(
    ports.filter(({ address }) => address === '0.0.0.0').map((port) => key(port)),
  );
  return ports.filter((port) => port.address !== '::' || !everywhere.has(key(port)));
}

const key = ({ port, protocol }: HostPort): string => `${port}/${protocol}`;

const time = z.string().transform((text) => Math.max(0, Date.parse(text) || 0));

export const inspectAnswer = z
  .object({
    Id: z.string(),
    Name: z.string(),
    Created: time,
    Image: z.string(),
    RestartCount: z.number().catch(0),
    Config: z.object({ Labels: labels, StopTimeout: z.number().nullish().catch(undefined) }),
    State: z.object({
      Status: status,
      ExitCode: z.number().catch(0),
      OOMKilled: z.boolean().catch(false),
      Error: z.string().catch(''),
      StartedAt: time,
      FinishedAt: time,
      Health: z
        .object({
          Status: z.enum(['healthy', 'unhealthy', 'starting', 'none']).catch('none'),
          Log: z.array(z.object({ Output: z.string().catch('') })).nullish(),
        })
        .nullish(),
    }),
    NetworkSettings: z.object({
      Ports: z
        .record(
          z.string(),
          z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullish(),
        )
        .nullish(),
      ...inNetworks,
    }),
  })
  .transform((raw): ContainerDetail => {
    const { State, NetworkSettings } = raw;
    const { StopTimeout } = raw.Config;
    return {
      id: raw.Id,
      name: raw.Name.replace(/^\//, ''),
      labels: raw.Config.Labels ?? {},
      status: State.Status,
      health: State.Status === 'running' ? (State.Health?.Status ?? 'none') : 'none',
      imageId: raw.Image,
      hostPorts: hostPorts(
        Object.entries(NetworkSettings.Ports ?? {}).flatMap(([port, bound]) =>
          (bound ?? []).map(
            ({ HostIp, HostPort }) => [HostIp, Number(HostPort), port.split('/')[1] ?? ''] as const,
          ),
        ),
      ),
      createdAt: raw.Created,
      exitCode: State.ExitCode,
      oomKilled: State.OOMKilled,
      restarts: raw.RestartCount,
      error: tidy(State.Error),
      startedAt: State.StartedAt,
      finishedAt: State.FinishedAt,
      networks: Object.keys(NetworkSettings.Networks ?? {}),
      addresses: addressesIn(NetworkSettings),
      healthOutput: State.Health?.Log?.at(-1)?.Output,
      stopTimeoutMs: typeof StopTimeout === 'number' ? StopTimeout * 1_000 : undefined,
    };
  });

export const imagesAnswer = z
  .array(z.object({ Id: z.string(), RepoDigests: strings }))
  .transform((list): readonly EngineImage[] =>
    list.map(({ Id, RepoDigests }) => ({
      id: Id,
      digests: (RepoDigests ?? []).filter((digest) => !digest.startsWith('<none>')),
    })),
  );

export const networksAnswer = z
  .array(z.object({ Name: z.string() }))
  .transform((list) => list.map(({ Name }) => Name));

export const volumesAnswer = z
  .object({ Volumes: z.array(z.object({ Name: z.string() })).nullish() })
  .transform(({ Volumes }) => (Volumes ?? []).map(({ Name }) => Name));

export const execAnswer = z.object({
  Running: z.boolean(),
  ExitCode: z.number().nullable(),
  Pid: z.number().catch(0),
  ContainerID: z.string(),
});
