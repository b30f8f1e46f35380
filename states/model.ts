// What resolving a states repository yields: what one host must run for one environment, and how a
// rollout gets there. Everything here is normalised: milliseconds, bytes, full names, no `${…}`.

import type { EnvironmentName, HostId, ReleaseId, ServiceName } from './ids.ts';

/** Where in the states repository something was asked for; line and column count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One version of an image. `digest` is `sha256:` and 64 hex digits. */
export interface PinnedImage {
  readonly name: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly commit?: string;
}

export interface PortBinding {
  /** Address on the host, `0.0.0.0` unless the state says otherwise. */
  readonly address: string;
  readonly host: number;
  readonly container: number;
  readonly protocol: 'tcp' | 'udp';
}

export interface Mount {
  readonly type: 'volume' | 'bind';
  /** A volume's full name on the host, or an absolute host path. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Restart {
  readonly policy: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  readonly maxRetries?: number;
}

export interface Limits {
  readonly memoryBytes?: number;
  readonly cpus?: number;
  /** Processes and threads. */
  readonly pids?: number;
  /** Of /dev/shm. */
  readonly shmBytes?: number;
  /** By name, without `RLIMIT_`; −1 is no limit. */
  readonly ulimits?: Readonly<Record<string, Ulimit>>;
}

export interface Ulimit {
  readonly soft: number;
  readonly hard: number;
}

/** A directory in memory, empty at every start. */
export interface Tmpfs {
  readonly target: string;
  readonly sizeBytes?: number;
  /** Permissions, as a number: 0o1777. */
  readonly mode?: number;
}

export interface Device {
  readonly host: string;
  readonly container: string;
  /** Of `r`, `w` and `m`. */
  readonly permissions: string;
}

/** A file that is in the container before it starts. */
export interface ConfigFile {
  readonly target: string;
  /** Its bytes in base64. */
  readonly content: string;
  /** Permissions, as a number: 0o444. */
  readonly mode: number;
  readonly user: number;
  readonly group: number;
}

/** A network that a container is in. */
export interface Joined {
  /** Its full name on the host. */
  readonly network: string;
  /** Names that others in it find the container by. */
  readonly aliases: readonly string[];
}

/** What only some containers have; each is there only where it is asked for. */
export interface ContainerOptions {
  readonly configs?: readonly ConfigFile[];
  /** In place of the environment's own; never empty. */
  readonly networks?: readonly Joined[];
  readonly workingDir?: string;
  readonly hostname?: string;
  readonly tmpfs?: readonly Tmpfs[];
  /** Name → IP address, or `host-gateway`. */
  readonly extraHosts?: Readonly<Record<string, string>>;
  readonly dns?: {
    readonly servers: readonly string[];
    readonly search: readonly string[];
    readonly options: readonly string[];
  };
  /** Names without `CAP_`. */
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly readOnlyRoot?: true;
  /** False where the Engine would add one by itself. */
  readonly init?: boolean;
  readonly securityOpt?: readonly string[];
  readonly devices?: readonly Device[];
  readonly logging?: {
    readonly driver: string;
    readonly options: Readonly<Record<string, string>>;
  };
}

interface ProbeTiming {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** The container must have become healthy within this time of its start. */
  readonly startMs: number;
  /** Failures in a row, after it was healthy once, that make it unhealthy. */
  readonly retries: number;
}

/** `image` is the image's own HEALTHCHECK (as `none` where it has none); `none`: it stays up. */
export type Healthcheck = ProbeTiming &
  (
    | { readonly kind: 'http'; readonly port: number; readonly path: string }
    | { readonly kind: 'tcp'; readonly port: number }
    | { readonly kind: 'exec'; readonly command: readonly string[] }
    | { readonly kind: 'image' }
    | { readonly kind: 'none' }
  );

/** What an old container is asked before it is stopped, until it says yes or the time is over. */
export interface Drain {
  readonly probe: Extract<Healthcheck, { readonly kind: 'http' | 'exec' }>;
  readonly timeoutMs: number;
}

export interface ContainerSpec extends ContainerOptions {
  readonly service: ServiceName;
  /** 1 for the first instance of the service on the host. */
  readonly slot: number;
  readonly image: PinnedImage;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly PortBinding[];
  readonly mounts: readonly Mount[];
  readonly restart: Restart;
  readonly limits: Limits;
  readonly healthcheck: Healthcheck;
  readonly stop: { readonly signal: string; readonly timeoutMs: number };
  readonly user?: string;
  /** The state's own labels; those that begin with `brine.` are added by the minion. */
  readonly labels: Readonly<Record<string, string>>;
  /** How long it must be healthy without a break before it counts. */
  readonly minHealthyMs: number;
  /** Names of services whose containers on this host start before this one. */
  readonly needs: readonly ServiceName[];
  /** Stopped predecessors kept for going back. */
  readonly retain: number;
  /** The order that was asked for; where absent the plan finds the gentlest that is safe. */
  readonly order?: 'start-first' | 'stop-first';
  readonly drain?: Drain;
  readonly at: SourcePosition;
}

/** A container that runs to its end before anything of a release is switched. */
export interface JobSpec {
  readonly name: string;
  /** Whose it is. */
  readonly service: ServiceName;
  readonly once: 'per-release' | 'per-apply';
  /** `one-host`: it stands in the state of one host and all others wait for it. */
  readonly on: 'one-host' | 'each-host';
  readonly timeoutMs: number;
  readonly spec: ContainerSpec;
}

/** The whole desired state of one environment on one host; no containers means: remove it all. */
export interface HostState {
  readonly project: string;
  readonly environment: EnvironmentName;
  readonly release: ReleaseId;
  /** The states repository's commit; null for a plain directory. */
  readonly commit: string | null;
  /** The Docker network of the environment on this host. */
  readonly network: string;
  readonly containers: readonly ContainerSpec[];
  /** In the order in which they run; absent where there are none. */
  readonly jobs?: readonly JobSpec[];
}

export interface RolloutPolicy {
  readonly batch: { readonly hosts: number } | { readonly percent: number };
  readonly canary: number;
  readonly progressMs: number;
  readonly maxFailures: number;
  readonly onFailure: 'rollback' | 'pause';
}

/** A host as the master knows it: labels are given by people, facts come from its minion. */
export interface InventoryHost {
  readonly id: HostId;
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** One environment resolved against the inventory. */
export interface ResolvedEnvironment {
  readonly project: string;
  readonly environment: EnvironmentName;
  readonly release: ReleaseId;
  readonly commit: string | null;
  readonly images: readonly PinnedImage[];
  readonly policy: RolloutPolicy;
  /** Every host the environment selects, in order of id; a host without services has no containers. */
  readonly hosts: readonly { readonly host: InventoryHost; readonly state: HostState }[];
}
