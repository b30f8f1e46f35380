// What one run of a test asks of one host: resolved, nothing left to look up.

import type { ServiceName } from './ids.ts';
import type { ContainerSpec } from './model.ts';

/** `pattern` is a regular expression's source. */
export type Match =
  { readonly contains: string } | { readonly pattern: string; readonly flags: string };

export interface HttpExpect {
  readonly status: number;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, Match>>;
  /** By paths like `db.pools[0].size`. */
  readonly json: Readonly<Record<string, JsonMatch>>;
  readonly body?: Match;
}

export type JsonMatch =
  | { readonly equals: string | number | boolean }
  | { readonly pattern: string; readonly flags: string };

export type TestRequest =
  /** Asked again every `intervalMs` until it is answered as expected, or its time is over. */
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly expect: HttpExpect;
      readonly intervalMs: number;
    }
  /** `junit` is a path inside the container. */
  | { readonly kind: 'container'; readonly spec: ContainerSpec; readonly junit?: string }
  | { readonly kind: 'exec'; readonly service: ServiceName; readonly command: readonly string[] };
