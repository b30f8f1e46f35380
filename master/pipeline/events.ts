// Everything that can happen to the pipeline: what people say, what the states say, and how that which
// was begun has ended. Whoever makes one has parsed what it carries.

import type { EnvironmentName, ReleaseId } from '../../states/ids.ts';
import type { PinnedImage } from '../../states/model.ts';
import type { PipelineDefinition } from './definition.ts';
import type { Evidence, Origin, PromotionId } from './record.ts';

/** A complete set of images: of a versions file, or as it runs. */
export interface ReleaseDraft {
  readonly images: readonly PinnedImage[];
  readonly origin: Origin;
}

/** How a rollout ended; those of `RolloutPhase` that are ends. */
export type RolloutOutcome =
  'succeeded' | 'rolled-back' | 'rollback-failed' | 'failed' | 'errored' | 'aborted';

export type Verdict = 'passed' | 'failed' | 'errored' | 'inconclusive';

interface In {
  readonly environment: EnvironmentName;
}
interface By {
  readonly actor: string;
}

/** What a person, or CI with a token, asks for; {@link refusal} says whether it can be. */
export type Command =
  | (In &
      By & {
        readonly type: 'promote';
        readonly release: ReleaseId;
        /** Passes every gate, recorded with the reason. */
        readonly force: { readonly why: string } | null;
      })
  /** To the last release verified here, or to the one named. */
  | (In &
      By & { readonly type: 'rollback'; readonly release: ReleaseId | null; readonly why: string })
  /** What errored or is paused at once; what is over, once more. */
  | (In & By & { readonly type: 'retry' })
  /** What is under way, else what waits. */
  | (In &
      By & {
        readonly type: 'abort';
        readonly promotion: PromotionId | null;
        readonly why: string;
      })
  | (In & By & { readonly type: 'approve'; readonly release: ReleaseId | null })
  | (In & By & { readonly type: 'hold'; readonly why: string; readonly until: number | null })
  /** Ends a hold, and lets a stopped stage go on. */
  | (In & By & { readonly type: 'resume' })
  | (By & {
      readonly type: 'freeze';
      /** None named: all. */
      readonly environments: readonly EnvironmentName[];
      readonly message: string;
      readonly until: number | null;
    })
  | (By & { readonly type: 'unfreeze'; readonly freeze: string })
  /** Images with their digests, from CI, a registry or a person; `alone` does not wait for `together`. */
  | {
      readonly type: 'images';
      readonly images: readonly PinnedImage[];
      readonly alone: boolean;
      readonly origin: Origin;
    };

export type CommandType = Command['type'];

export type PipelineEvent =
  | Command
  | { readonly type: 'tick' }
  | { readonly type: 'defined'; readonly definition: PipelineDefinition }
  /** It ran here before the pipeline did: good to go back to, but verified for nobody. */
  | (In & {
      readonly type: 'adopted';
      readonly release: ReleaseDraft;
      readonly commit: string | null;
    })
  /** A person's commit changed the versions file. `revert`: it takes back a commit of the master. */
  | (In &
      By & {
        readonly type: 'edited';
        readonly release: ReleaseDraft;
        readonly commit: string;
        readonly revert: boolean;
        readonly force: { readonly why: string } | null;
      })
  /**
   * The commit of this id is made. `stands`: the file says at the head what it wanted; false where
   * somebody's later commit has changed it again.
   */
  | (In & {
      readonly type: 'committed';
      readonly id: string;
      readonly commit: string;
      readonly stands: boolean;
    })
  | (In & {
      readonly type: 'commit-failed';
      readonly id: string;
      readonly key: string;
      readonly reason: string;
    })
  | (In & { readonly type: 'rollout-started'; readonly key: string; readonly rollout: string })
  | (In & {
      readonly type: 'rollout-ended';
      readonly key: string;
      readonly outcome: RolloutOutcome;
      readonly reason: string | null;
    })
  | (In & {
      readonly type: 'test-ended';
      readonly key: string;
      readonly test: string;
      readonly verdict: Verdict;
      readonly evidence: Evidence;
    });

export type EventOf<T extends PipelineEvent['type']> = Extract<PipelineEvent, { type: T }>;
