// What a minion sees on its host, in the words the plan needs. Written only by the minion.

import type { PlanProblem } from './step.ts';

export type ContainerStatus =
  'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

/** A container that carries this environment's labels. */
export interface ObservedContainer {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly slot: number;
  /** The hash of the spec it was made from (label `brine.spec`). */
  readonly spec: string;
  readonly release: string;
  readonly status: ContainerStatus;
  /** The newest answer of its probe; `unknown` while it does not run. */
  readonly health: 'healthy' | 'unhealthy' | 'starting' | 'unknown';
  /** `repository@digest` of the image it was made from; empty where the host no longer has that. */
  readonly image: string;
  readonly hostPorts: readonly {
    readonly address: string;
    readonly port: number;
    readonly protocol: 'tcp' | 'udp';
  }[];
  /** Unix milliseconds of creation; orders predecessors from old to new. */
  readonly createdAt: number;
  /**
   * Unix milliseconds at which it ended last, of one that has run and does not. Where it is known it
   * orders predecessors instead: one that was gone back to is newer than its creation says.
   */
  readonly stoppedAt?: number;
  /** The grace that it was made with; of one that runs and is no longer in the state. */
  readonly stopTimeoutMs?: number;
  /** All networks that it is in, running or not; absent where that is the environment's own alone. */
  readonly networks?: readonly string[];
  /**
   * It runs, but is not in a network that it should be in: somebody took it out, or Docker crashed while it
   * started it. Nobody can reach it, and a restart does not bring back what it has forgotten.
   */
  readonly detached?: true;
}

/** A container of one of this environment's jobs. */
export interface ObservedJob {
  readonly container: string;
  readonly service: string;
  readonly name: string;
  readonly createdAt: number;
  readonly running: boolean;
  /** It ended with exit code 0; only of one that is wanted. */
  readonly done: boolean;
}

export interface Observed {
  /** Absent where there are none. */
  readonly jobs?: readonly ObservedJob[];
  /** What of the desired state the host itself does not allow; absent where it says nothing of it. */
  readonly forbidden?: readonly PlanProblem[];
  readonly containers: readonly ObservedContainer[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  /** `repository@digest` of every image on the host. */
  readonly images: readonly string[];
  /** Host ports held by running containers that are not of this environment. */
  readonly taken: readonly {
    readonly container: string;
    readonly address: string;
    readonly port: number;
    readonly protocol: 'tcp' | 'udp';
  }[];
  /** Names held by containers that do not carry this environment's labels. */
  readonly foreignNames: readonly string[];
}
