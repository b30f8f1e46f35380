// A container engine in the minion's own words. `docker.ts` is the one implementation; everything
// else on the host knows only this. Every call throws a Fault (DOCKER_DOWN where nothing answers).

import type { ContainerStatus } from '../../states/observed.ts';
import type { ConfigFile, ContainerSpec, Joined, PinnedImage } from '../../states/model.ts';

export interface EngineInfo {
  readonly version: string;
  readonly apiVersion: string;
  readonly storageDriver: string;
  readonly os: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Where the Engine keeps its data. */
  readonly dataRoot: string;
}

export interface HostPort {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** A line of the list of containers, those that do not run included. */
export interface EngineContainer {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly status: ContainerStatus;
  /** The answer of the image's own HEALTHCHECK; `none` where there is no such check. */
  readonly health: 'healthy' | 'unhealthy' | 'starting' | 'none';
  /** `sha256:…` of the image's configuration, as in {@link EngineImage.id}. */
  readonly imageId: string;
  /** Only of a container that runs. */
  readonly hostPorts: readonly HostPort[];
  /** Names of those that it is in, whether it runs or not. */
  readonly networks: readonly string[];
  /** Address in each of its networks; only of a container that runs. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Unix milliseconds; in a list only the second is right, the rest is its place in that second. */
  readonly createdAt: number;
}

export interface ContainerDetail extends EngineContainer {
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly restarts: number;
  /** The Engine's own words for why it did not start; empty where it did. */
  readonly error: string;
  /** Unix milliseconds; 0 where it never started. */
  readonly startedAt: number;
  readonly finishedAt: number;
  /** The newest output of the image's own HEALTHCHECK. */
  readonly healthOutput: string | undefined;
  /** The grace that it was made with. */
  readonly stopTimeoutMs: number | undefined;
}

export interface EngineImage {
  readonly id: string;
  /** `repository@sha256:…` for every name it was pulled by. */
  readonly digests: readonly string[];
}

export interface PullOptions {
  readonly signal?: AbortSignal;
  /** Bytes so far, and in all as far as it is known. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What `create` makes; labels are complete, `brine.*` included. */
export interface NewContainer {
  readonly name: string;
  readonly spec: ContainerSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: string;
  /** Nobody finds it by the name of its service: it is none. */
  readonly oneShot?: true;
}

export interface EngineEvent {
  readonly type: 'container' | 'image' | 'network' | 'volume';
  /** `die`, `start`, `destroy`, `rename`, `pause`, `health_status: unhealthy`, … as Docker says it. */
  readonly action: string;
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ExecOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Each line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface ExecResult {
  /** −1 where it did not end in time and was ended; 126 where it could not be begun. */
  readonly exitCode: number;
  readonly output: string;
}

export interface Engine {
  info(): Promise<EngineInfo>;
  containers(): Promise<readonly EngineContainer[]>;
  images(): Promise<readonly EngineImage[]>;
  networks(): Promise<readonly string[]>;
  volumes(): Promise<readonly string[]>;
  /** Linux bridges of networks with our labels; none where the Engine is on another machine. */
  ownBridges(): Promise<readonly string[]>;
  /** Undefined where there is no such container. */
  inspect(container: string): Promise<ContainerDetail | undefined>;
  /** By digest; IMAGE_NOT_FOUND, REGISTRY_AUTH, REGISTRY_DOWN, DISK_FULL. */
  pull(image: PinnedImage, options?: PullOptions): Promise<void>;
  /** A bridge network of this name; nothing where it exists. */
  createNetwork(name: string, labels: Readonly<Record<string, string>>): Promise<void>;
  removeNetwork(name: string): Promise<void>;
  /** Into one that does not run; nothing where it is in it. */
  connect(container: string, joined: Joined): Promise<void>;
  createVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void>;
  /** NAME_TAKEN, IMAGE_NOT_FOUND, CONTAINER_OPTION. */
  create(container: NewContainer): Promise<void>;
  /** Into one that does not run, over what is there; folders are made. */
  put(container: string, files: readonly ConfigFile[]): Promise<void>;
  /** PORT_TAKEN, PORT_STALE, CONTAINER_COMMAND, CONTAINER_OPTION; nothing where it runs. */
  start(container: string): Promise<void>;
  /** Its own stop signal, then after `timeoutMs` the end; nothing where it does not run. */
  stop(container: string, timeoutMs: number): Promise<void>;
  /** With force: whatever it does. Its anonymous volumes go too, named ones stay. */
  remove(container: string): Promise<void>;
  unpause(container: string): Promise<void>;
  rename(container: string, name: string): Promise<void>;
  exec(container: string, command: readonly string[], options: ExecOptions): Promise<ExecResult>;
  /** The newest lines of both outputs, oldest first, unframed; none where the Engine keeps no log. */
  logs(container: string, lines: number): Promise<readonly string[]>;
  /** Resolves when it does not run, also where it never did; rejects when the signal fires. */
  ended(container: string, signal: AbortSignal): Promise<void>;
  /** Every line of both outputs from its beginning, as they come, until it ends or the signal fires. */
  follow(container: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
  /** A regular file of a container, running or not; undefined where there is none, or a larger one. */
  file(container: string, path: string, bytesMax: number): Promise<Uint8Array | undefined>;
  /**
   * Everything from the call on, also what happens before the first turn; nothing of commands that are
   * run inside. Ends with a DOCKER_DOWN fault when the Engine goes away, by itself when the signal
   * fires.
   */
  events(signal: AbortSignal): AsyncIterable<EngineEvent>;
}
