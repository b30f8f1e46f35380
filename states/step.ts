// The steps of a plan, as data. One switch in the minion performs them; `master plan` prints them.

import type { ContainerSpec, Drain, JobSpec, PinnedImage } from './model.ts';

/** Why a step is taken, in words for people; never contains the value of an env entry. */
interface Because {
  readonly reason: string;
}

export type Step = Because &
  (
    | { readonly do: 'create-network'; readonly network: string }
    | { readonly do: 'create-volume'; readonly volume: string }
    | { readonly do: 'pull'; readonly image: PinnedImage }
    | {
        readonly do: 'run-job';
        readonly container: string;
        readonly service: string;
        readonly job: JobSpec;
      }
    | { readonly do: 'create'; readonly container: string; readonly spec: ContainerSpec }
    | { readonly do: 'start'; readonly container: string; readonly spec: ContainerSpec }
    | { readonly do: 'restart'; readonly container: string; readonly spec: ContainerSpec }
    | { readonly do: 'await-healthy'; readonly container: string; readonly spec: ContainerSpec }
    | {
        readonly do: 'stop';
        readonly container: string;
        readonly service: string;
        readonly timeoutMs: number;
        /** Asked before. */
        readonly drain?: Drain;
      }
    | { readonly do: 'remove'; readonly container: string; readonly service: string }
    | { readonly do: 'remove-network'; readonly network: string }
  );

/** Something that makes the plan impossible on this host, found before anything is touched. */
export interface PlanProblem {
  readonly code: 'PORT_TAKEN' | 'NAME_TAKEN' | 'NOT_ALLOWED';
  readonly service: string;
  readonly message: string;
}

/** What switching one service will do to its users. */
export interface Switch {
  readonly service: string;
  readonly slot: number;
  readonly order: 'start-first' | 'stop-first' | 'first-start' | 'removal';
  /** Predicted time without an answer, in ms; 0 where the new one answers before the old stops. */
  readonly gapMs: number;
}

/** Empty `steps` means: the host is in sync and nothing will be written. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly switches: readonly Switch[];
  readonly problems: readonly PlanProblem[];
}
