// The master's history: every transition is one event, written in the same commit as the transition
// itself. The CLI, the API and later readers all read these and nothing else.

import type { HostFailure, Progress } from '../protocol/messages.ts';
import type { PromotionPhase } from './pipeline/record.ts';

/** What every event carries. `message` is one line for people, free of secrets. */
interface EventBase {
  readonly seq: number;
  /** Unix milliseconds, by the master's clock. */
  readonly at: number;
  readonly environment?: string;
  readonly rollout?: string;
  readonly release?: string;
  /** The states repository's commit; null for a plain directory. */
  readonly commit?: string | null;
  readonly host?: string;
  /** `user@machine` of the CLI, `minion:<id>`, or `master`. */
  readonly actor: string;
  /** Why it happened: `apply`, `rollback`, `failure`, `reconnect`, … */
  readonly cause: string;
  readonly message: string;
}

export type HostPhase =
  | 'queued'
  | 'pulling'
  | 'pulled'
  | 'switching'
  | 'done'
  | 'failed'
  | 'reverting'
  | 'reverted'
  | 'kept-old'
  | 'down'
  | 'offline';

export type RolloutPhase =
  | 'pulling'
  | 'rolling-out'
  | 'rolling-back'
  | 'succeeded'
  | 'rolled-back'
  | 'rollback-failed'
  | 'failed'
  | 'errored'
  | 'aborted';

/** `asked`, `accepted`, `rejected`, `forgotten`: of a host that asks to be let in without a token. */
type FleetEvent =
  | 'asked'
  | 'accepted'
  | 'rejected'
  | 'forgotten'
  | 'joined'
  | 'linked'
  | 'gone'
  | 'labels'
  | 'revoked'
  | 'renewed'
  | 'rotating'
  | 'rotated'
  | 'removed';

export type BrineEvent = EventBase &
  (
    | { readonly kind: 'rollout'; readonly phase: RolloutPhase; readonly why?: string }
    | {
        readonly kind: 'host';
        readonly phase: HostPhase;
        readonly failures?: readonly HostFailure[];
        /** Longest measured time without the service during the switch, in ms. */
        readonly gapMs?: number;
      }
    | {
        readonly kind: 'drift';
        readonly service: string;
        readonly failures?: readonly HostFailure[];
      }
    | { readonly kind: 'fleet'; readonly what: FleetEvent }
    | { readonly kind: 'token'; readonly what: 'created' | 'revoked' }
    | {
        readonly kind: 'promotion';
        readonly promotion: string;
        readonly phase: PromotionPhase;
      }
    | {
        readonly kind: 'test';
        readonly promotion: string;
        readonly test: string;
        readonly verdict: 'passed' | 'failed' | 'errored' | 'inconclusive';
      }
    | {
        readonly kind: 'stage';
        readonly what: 'held' | 'released' | 'stopped' | 'resumed' | 'quarantined' | 'approved';
      }
    | { readonly kind: 'release' }
    | { readonly kind: 'freeze'; readonly what: 'frozen' | 'thawed'; readonly id: string }
  );

/** A step on the way that is shown live and never stored; it has no number. */
export interface LiveProgress {
  readonly kind: 'progress';
  readonly at: number;
  readonly host: string;
  readonly environment: string;
  readonly rollout?: string;
  readonly progress: Progress;
}

/** What a test says while it runs on one host; as {@link LiveProgress}, only for who listens now. */
interface LiveOutput {
  readonly kind: 'output';
  readonly at: number;
  readonly host: string;
  readonly environment: string;
  readonly rollout?: string;
  readonly promotion: string;
  readonly test: string;
  readonly lines: readonly string[];
}

export type LiveItem = LiveProgress | LiveOutput;
export type StreamItem = BrineEvent | LiveItem;

/** Has no number, and may be lost. */
export const isLive = (item: StreamItem): item is LiveItem =>
  item.kind === 'progress' || item.kind === 'output';

/** Distributes over the union, so that each kind keeps its own fields. */
type WithoutNumber<T> = T extends unknown ? Omit<T, 'seq' | 'at'> : never;
/** An event as its author makes it; the log gives it number and time. */
export type NewEvent = WithoutNumber<BrineEvent>;
