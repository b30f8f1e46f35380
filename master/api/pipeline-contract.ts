// What the API says of releases and of the stages that they go through, and what it takes for them.

import type { Tested } from '../../protocol/test-schema.ts';
import type { Origin, Promotion, PromotionPhase, TestRun } from '../pipeline/record.ts';

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
