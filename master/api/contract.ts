// The HTTP API in types: what the CLI and any other client send and get. Served on the Unix socket
// and, for bearers of a token, on the port for people and CI. Errors are `ErrorAnswer`. Beside it:
// fleet-contract.ts, key-contract.ts and pipeline-contract.ts.

import type { Answer, HostFailure, Running } from '../../protocol/messages.ts';
import type { Difference } from '../../states/differences.ts';
import type { FaultData } from '../../states/faults.ts';
import type { PlanProblem, Step, Switch } from '../../states/step.ts';
import type { BrineEvent, HostPhase, RolloutPhase } from '../events.ts';
import type { ApiTokenView, HostView, TokenView } from './fleet-contract.ts';
import type { PromotionView, ReleaseView, TestOutputView } from './pipeline-contract.ts';

/** `rendered` holds diagnostics as text with source lines and carets, ready to print. */
export interface ErrorAnswer {
  readonly error: FaultData & {
    readonly hint: string;
    readonly exit: number;
    readonly rendered?: string;
  };
}

export interface HostPlanView {
  readonly host: string;
  /** `offline`: no link, so the plan is not known. `unknown`: it answered with a fault. */
  readonly state: 'in-sync' | 'changes' | 'offline' | 'unknown';
  readonly steps: readonly Step[];
  /** `measured`: the gap is what the last switch of its kind took there, else the least to expect. */
  readonly switches: readonly (Switch & { readonly measured?: boolean })[];
  /** One for each switch: what is not as it was, old → new. */
  readonly changes: readonly ServiceChange[];
  readonly problems: readonly PlanProblem[];
  readonly running: readonly Running[];
  readonly fault?: FaultData;
}

export interface ServiceChange {
  readonly service: string;
  readonly slot: number;
  /** `again`: the same as before, made or started once more. */
  readonly kind: 'new' | 'changed' | 'removed' | 'again';
  /** False where only the image of what runs is known, and not what else it was made from. */
  readonly known: boolean;
  /** Env values in clear, as they stand in git, but for those that look like secrets. */
  readonly differences: readonly Difference[];
}

/** POST /v1/plan {@link PlanRequest}. Env values are shown as `••••` in every step's spec. */
export interface PlanView {
  /** Of exactly this: an apply that names it is refused once it would do anything else. */
  readonly id: string;
  /** Git no longer has the environment: everything of it is removed. */
  readonly removes: boolean;
  readonly environment: string;
  readonly release: string;
  readonly commit: string | null;
  readonly subject: string | null;
  readonly hosts: readonly HostPlanView[];
  /** Hosts in the order of the rollout: canaries first, then batches. */
  readonly batches: readonly (readonly string[])[];
  readonly warnings: readonly string[];
}

export interface PlanRequest {
  readonly environment: string;
  /** A selector that narrows the environment's hosts, as `--host` takes it: ids, globs or labels. */
  readonly hosts?: string;
  /** Refused where an apply would be: ROLLOUT_BUSY, PROMOTION_REFUSED. */
  readonly toApply?: boolean;
}

/** What a host does for one service at this moment; '' is the host as a whole. Lost with the master. */
export interface WorkView {
  readonly service: string;
  readonly phase: string;
  readonly detail: string;
  readonly since: number;
}

export interface HostRolloutView {
  readonly host: string;
  readonly phase: HostPhase;
  /** 0 for the canaries when there are any, then 1, 2, … */
  readonly batch: number;
  readonly since: number;
  readonly detail?: string;
  readonly work?: readonly WorkView[];
  readonly gapMs?: number;
  readonly failures: readonly HostFailure[];
  readonly running: readonly Running[];
}

export interface RolloutView {
  readonly id: string;
  readonly environment: string;
  readonly release: string;
  readonly commit: string | null;
  readonly subject: string | null;
  readonly actor: string;
  readonly cause: string;
  readonly phase: RolloutPhase;
  readonly why: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly images: readonly {
    readonly name: string;
    readonly tag: string;
    readonly digest: string;
  }[];
  readonly hosts: readonly HostRolloutView[];
  /** Only some of the environment's hosts were asked for. */
  readonly partial?: boolean;
  /** The exit code that a CLI which follows this rollout ends with; null while it runs. */
  readonly exit: number | null;
}

/** POST /v1/apply: `rollout` is null when every host is in sync already. `since`: follow events after it. */
export interface ApplyRequest extends Omit<PlanRequest, 'toApply'> {
  readonly actor: string;
  /** Id of the plan that was agreed to; PLAN_OUTDATED where it would be another one by now. */
  readonly plan?: string;
}

export interface ApplyAnswer {
  readonly rollout: RolloutView | null;
  readonly plan: PlanView;
  readonly since: number;
}

/** POST /v1/rollback: to what ran before, or to `release`: that of a release, or of a rollout's id. */
export interface RollbackRequest {
  readonly environment: string;
  readonly release?: string;
  readonly actor: string;
}

export interface EnvironmentStatus {
  readonly environment: string;
  readonly release: string | null;
  readonly commit: string | null;
  readonly subject: string | null;
  readonly images: readonly {
    readonly name: string;
    readonly tag: string;
    readonly digest: string;
  }[];
  /** The last finished rollout, and the one in progress. */
  readonly last: RolloutView | null;
  readonly current: RolloutView | null;
  readonly hosts: readonly {
    readonly host: string;
    readonly online: boolean;
    readonly lastSeen: number | null;
    readonly away: boolean;
    /** By its own clock; what it runs is only what was last known. */
    readonly dockerDownSince?: number;
    readonly release: string | null;
    /** It runs what the master has asked it for, by its own last word. */
    readonly inSync: boolean;
    /** The states ask for something else there than the master has asked it for. */
    readonly behind: boolean;
    readonly running: readonly Running[];
  }[];
  /** What the states ask for and the hosts were not asked for yet; null where there is nothing. */
  readonly pending: PendingView | null;
}

/** By the states that were read last. */
export interface PendingView {
  /** `removed`: the states no longer have the environment. `invalid`: they cannot be applied. */
  readonly kind: 'changed' | 'removed' | 'invalid';
  readonly commit: string | null;
  readonly subject: string | null;
  readonly images: readonly { readonly name: string; readonly tag: string }[];
  /** Hosts that would change; for `invalid` not known. */
  readonly hosts: readonly string[];
  readonly problem: string | null;
}

/** GET /v1/status[?environment=] */
export interface StatusView {
  readonly version: string;
  readonly project: string | null;
  readonly states: {
    readonly url: string;
    readonly ref: string;
    readonly commit: string | null;
    readonly error: string | null;
  };
  readonly environments: readonly EnvironmentStatus[];
  readonly hosts: { readonly total: number; readonly online: number };
}

/**
 * The paths. `follow=1` on /v1/events keeps the answer open: one JSON object per line, stored events
 * after `since` first, then live ones with progress between them; a heartbeat is an empty line.
 *
 *   GET  /v1/status · /v1/hosts · /v1/history/:environment · /v1/rollouts/:id · /v1/tokens
 *   GET  /v1/events?since=&environment=&rollout=&host=&follow=
 *   POST /v1/plan · /v1/apply · /v1/rollback · /v1/ping · /v1/tokens · /v1/rollouts/:id/abort
 *   PUT  /v1/hosts/:id/labels {set, remove, actor} · DELETE /v1/hosts/:id · /v1/tokens/:id
 *   GET  /v1/hosts/:id/logs?environment=&service=&lines=
 *   GET  /v1/promotions/:id/output?test=&host=
 *
 * The pipeline, where the project has one:
 *
 *   GET  /v1/pipeline · /v1/releases · /v1/releases/:id · /v1/explain/:environment · /v1/promotions/:id
 *   POST /v1/releases · /v1/freezes · DELETE /v1/freezes/:id
 *   POST /v1/environments/:environment/{promote,rollback,approve,hold,resume,retry,abort}
 */
export interface Routes {
  readonly hosts: { readonly hosts: readonly HostView[] };
  readonly history: {
    readonly rollouts: readonly RolloutView[];
    /** Rollbacks too; none where the environment is no stage. */
    readonly promotions: readonly PromotionView[];
  };
  readonly events: { readonly events: readonly BrineEvent[] };
  readonly tokens: {
    readonly tokens: readonly TokenView[];
    readonly api: readonly ApiTokenView[];
  };
  readonly logs: Answer<'logs'>;
  readonly output: { readonly outputs: readonly TestOutputView[] };
  readonly releases: { readonly releases: readonly ReleaseView[] };
}
