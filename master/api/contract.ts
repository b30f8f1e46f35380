// The HTTP API in types: what the CLI and any other client send and get. Served on the Unix socket
// and, for bearers of a token, on the port for people and CI. Errors are `ErrorAnswer`.

import type { Answer, HostFailure, Running } from '../../protocol/messages.ts';
import type { FaultData } from '../../states/faults.ts';
import type { PlanProblem, Step, Switch } from '../../states/step.ts';
import type { BrineEvent, HostPhase, RolloutPhase } from '../events.ts';

/** `rendered` holds diagnostics as text with source lines and carets, ready to print. */
export interface ErrorAnswer {
  readonly error: FaultData & {
    readonly hint: string;
    readonly exit: number;
    readonly rendered?: string;
  };
}

export interface HostView {
  readonly id: string;
  readonly online: boolean;
  readonly lastSeen: number | null;
  readonly joinedAt: number;
  readonly version: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface HostPlanView {
  readonly host: string;
  /** `offline`: no link, so the plan is not known. `unknown`: it answered with a fault. */
  readonly state: 'in-sync' | 'changes' | 'offline' | 'unknown';
  readonly steps: readonly Step[];
  readonly switches: readonly Switch[];
  readonly problems: readonly PlanProblem[];
  readonly running: readonly Running[];
  readonly fault?: FaultData;
}

/** POST /v1/plan {@link PlanRequest}. Env values are shown as `••••` in every step's spec. */
export interface PlanView {
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
}

export interface HostRolloutView {
  readonly host: string;
  readonly phase: HostPhase;
  /** 0 for the canaries when there are any, then 1, 2, … */
  readonly batch: number;
  readonly since: number;
  readonly detail?: string;
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
export interface ApplyRequest extends PlanRequest {
  readonly actor: string;
}
export interface ApplyAnswer {
  readonly rollout: RolloutView | null;
  readonly plan: PlanView;
  readonly since: number;
}

/** POST /v1/rollback: to the release that ran before the present one, or to `release`. */
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
    readonly release: string | null;
    readonly inSync: boolean;
    readonly running: readonly Running[];
  }[];
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

/** POST /v1/ping {hosts?} */
export interface PingView {
  readonly hosts: readonly {
    readonly host: string;
    readonly ok: boolean;
    /** There and back, in ms. */
    readonly ms: number | null;
    readonly fault?: FaultData;
  }[];
}

/** POST /v1/tokens; the string in `token` is shown this once. */
export interface TokenRequest {
  readonly labels: Readonly<Record<string, string>>;
  readonly uses: number;
  readonly hours: number;
  readonly id?: string;
  readonly actor: string;
}
export interface TokenAnswer {
  readonly id: string;
  readonly token: string;
  readonly url: string;
  readonly expiresAt: number;
}
export interface TokenView {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly usesLeft: number;
  readonly expiresAt: number;
  readonly bound: string | null;
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
 */
export interface Routes {
  readonly hosts: { readonly hosts: readonly HostView[] };
  readonly history: { readonly rollouts: readonly RolloutView[] };
  readonly events: { readonly events: readonly BrineEvent[] };
  readonly tokens: { readonly tokens: readonly TokenView[] };
  readonly logs: Answer<'logs'>;
}
