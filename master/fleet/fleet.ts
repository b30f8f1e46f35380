// The fleet as the rest of the master sees it: who is linked, how to tell them something, and what
// they tell. Written by the link server; no socket shows through.

import type { HostId } from '../../states/ids.ts';
import type {
  Answer,
  Call,
  Desire,
  Drift,
  FromMinion,
  Progress,
  Report,
  Verb,
} from '../../protocol/messages.ts';
import type { CallOptions } from './calls.ts';

export type { CallOptions } from './calls.ts';

export type Hello = Omit<Extract<FromMinion, { type: 'hello' }>, 'type'>;
export type Facts = Hello['facts'];

export interface Fleet {
  /** Hosts with a live link, in order of id. */
  connected(): readonly HostId[];
  /** False when the host has no link now; it will be told when it says hello. */
  desire(host: HostId, desire: Desire): boolean;
  /** Throws a Fault: HOSTS_MISSING without a link, the minion's own fault, or past the deadline. */
  call<V extends Verb>(
    host: HostId,
    call: Extract<Call, { verb: V }>,
    deadlineMs: number,
    options?: CallOptions,
  ): Promise<Answer<V>>;
}

/** What minions say. A report or drift is acknowledged only after its promise has resolved. */
export interface FleetHandlers {
  onHello(host: HostId, hello: Hello): Promise<void>;
  onReport(host: HostId, seq: number, report: Report): Promise<void>;
  onDrift(host: HostId, seq: number, drift: Drift): Promise<void>;
  onProgress(host: HostId, progress: Progress): void;
  onFacts(host: HostId, facts: Facts): Promise<void>;
  onGone(host: HostId, reason: string): void;
}
