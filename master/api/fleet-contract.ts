// What the API says of hosts and of tokens.

import type { FaultData } from '../../states/faults.ts';
import type { Scope } from './scopes.ts';

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
