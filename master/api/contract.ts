// The HTTP API in types: what the CLI and any other client send and get. Served on the Unix socket
// and, for bearers of a token, on the port for people and CI. Errors are `ErrorAnswer`.
// Long because it is the whole of the contract.

import type { Answer, HostFailure, Running } from '../../protocol/messages.ts';
import type { Tested } from '../../protocol/test-schema.ts';
import type { Difference } from '../../states/differences.ts';
import type { FaultData } from '../../states/faults.ts';
import type { PlanProblem, Step, Switch } from '../../states/step.ts';
import type { BrineEvent, HostPhase, RolloutPhase } from '../events.ts';
import type { Scope } from './scopes.ts';
import type { Origin, Promotion, PromotionPhase, TestRun } from '../pipeline/record.ts';

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
  /** When its link began, or ended where it is {@link away}. */
  readonly lastSeen: number | null;
  /** Its link ended while the master ran; else one that is offline has not come back since its start. */
  readonly away: boolean;
  readonly joinedAt: number;
  readonly version: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, string | number>>;
  /** A person let it in no more; it keeps its id. */
  readonly revoked?: true;
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

/** A token for the API: POST /v1/api-tokens {scopes, hours, actor}, on the master's own machine. */
export interface ApiTokenView {
  readonly id: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt: number;
  /** To the minute. */
  readonly lastUsedAt: number | null;
  readonly actor: string;
}

/** One image of a release: what CI gave it, and the commit it was built from where that is known. */
export interface ReleaseImageView {
  readonly name: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly commit: string | null;
}

/** What a test said, with where its kept text is found (a path of this API) in `evidence.output`. */
export type TestView = TestRun;

/** One promotion or rollback, as it is recorded. `exit`: of a CLI that follows it; null until it is over. */
export interface PromotionView extends Promotion {
  readonly exit: number | null;
}

/** `failed`: by itself; `taken-back`: a person went back from it. Neither enters there again by itself. */
export type StateInStage =
  'runs' | 'verified' | 'failed' | 'taken-back' | 'under-way' | 'waiting' | 'left' | 'none';

/** What became of a release in one stage, from the newest promotion that it had there. */
export interface ReleaseInStage {
  readonly environment: string;
  /** `runs`: it is what the environment should run now, verified or not. */
  readonly state: StateInStage;
  readonly verified: boolean;
  /** Who went back from it there; null for everything else, also where that is no longer kept. */
  readonly takenBackBy: string | null;
  readonly since: number | null;
  readonly reason: string | null;
  readonly promotion: PromotionView | null;
  readonly tests: readonly TestView[];
}

/** GET /v1/releases/:id; GET /v1/releases has them newest first. */
export interface ReleaseView {
  readonly id: string;
  readonly createdAt: number;
  readonly images: readonly ReleaseImageView[];
  readonly origin: Origin;
  readonly stages: readonly ReleaseInStage[];
}

/** POST /v1/releases: tags by name of the image; resolved to digests now. */
export interface ReleaseRequest {
  readonly images: Readonly<Record<string, string>>;
  readonly commit?: string;
  readonly url?: string;
  readonly message?: string;
  /** Does not wait for the images that brine.yaml names `together` with these. */
  readonly alone?: boolean;
  readonly actor: string;
}
export interface ReleaseAnswer {
  /** Null while images that it is to be released together with have not arrived. */
  readonly release: ReleaseView | null;
  readonly waitsFor: readonly string[];
  /** The same digests were a release already. */
  readonly known: boolean;
  readonly since: number;
}

/** Why an environment is not further than it is, in words, and until when as far as that is known. */
export interface ExplainView {
  readonly environment: string;
  readonly state: 'under-way' | 'waiting' | 'idle';
  readonly promotion: string | null;
  readonly release: string | null;
  readonly reason: string;
  readonly until: number | null;
}

export interface FreezeView {
  readonly id: string;
  /** None named: all. */
  readonly environments: readonly string[];
  readonly actor: string;
  readonly message: string;
  readonly since: number;
  readonly until: number | null;
}

export interface StageView {
  readonly environment: string;
  readonly after: readonly string[];
  /** What it should run now; null before anything has entered. */
  readonly current: {
    readonly release: string;
    readonly since: number;
    readonly verified: boolean;
    readonly images: readonly ReleaseImageView[];
    /** Of the commit that was built, and its first line, where whoever released it said so. */
    readonly commit: string | null;
    readonly subject: string | null;
  } | null;
  /** Of the promotion under way, else of the last one; null where there was none. */
  readonly phase: PromotionPhase | null;
  readonly since: number | null;
  readonly active: PromotionView | null;
  readonly waiting: PromotionView | null;
  readonly last: PromotionView | null;
  /** The first condition that is not met: shown between this stage and the ones before it. */
  readonly next: ExplainView;
  readonly hold: {
    readonly actor: string;
    readonly why: string;
    readonly since: number;
    readonly until: number | null;
  } | null;
  readonly stopped: { readonly reason: string; readonly since: number } | null;
  readonly quarantined: readonly {
    readonly release: string;
    readonly promotion: string;
    readonly at: number;
    readonly reason: string;
  }[];
  readonly soakMs: number;
  readonly approval: 'none' | 'manual';
  readonly tests: readonly string[];
  /** In words, what the states say by now and the hosts do not run yet; null where there is nothing. */
  readonly pending: string | null;
}

/** GET /v1/pipeline; no stages: the project has no pipeline. */
export interface PipelineView {
  readonly stages: readonly StageView[];
  readonly freezes: readonly FreezeView[];
  /** Images that have arrived and wait for those that they are released together with. */
  readonly arrivals: readonly {
    readonly name: string;
    readonly tag: string;
    readonly at: number;
  }[];
}

/** POST /v1/environments/:environment/promote; `force` passes the gates and is recorded with its reason. */
export interface PromoteRequest {
  readonly release: string;
  readonly force?: { readonly why: string };
  readonly actor: string;
}
/** POST …/rollback: to the last release verified there, or to `release`. */
export interface StageRollbackRequest {
  readonly release?: string;
  readonly why?: string;
  readonly actor: string;
}
/** POST …/approve: what waits, or `release` before it comes. */
export interface ApproveRequest {
  readonly release?: string;
  readonly actor: string;
}
/** POST …/hold; `minutes`: it ends by itself. POST …/resume and …/retry take {actor} alone. POST …/abort
 * takes {actor, promotion?, why?}: what is under way, else what waits, or that promotion. */
export interface HoldRequest {
  readonly why: string;
  readonly minutes?: number;
  readonly actor: string;
}
/** What all commands to a stage answer: how it stands afterwards. `since`: follow events after it. */
export interface StageAnswer {
  readonly stage: StageView;
  /** The promotion that the command was about or began; null where there is none (hold, resume). */
  readonly promotion: PromotionView | null;
  readonly since: number;
}

/** POST /v1/freezes; no environments: all. DELETE /v1/freezes/:id?actor= ends it. */
export interface FreezeRequest {
  readonly environments?: readonly string[];
  readonly message: string;
  readonly minutes?: number;
  readonly actor: string;
}

/** What a test of a promotion said on one host: its newest run there. */
export interface TestOutputView {
  readonly test: string;
  readonly host: string;
  readonly environment: string;
  readonly release: string;
  readonly at: number;
  /** `output` holds its beginning and its end, and how much between them was left out. */
  readonly tested: Tested;
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
