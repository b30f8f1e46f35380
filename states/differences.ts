// What is not the same in two specs of one service, thing by thing: old → new. Pure.

import type { ContainerSpec } from './model.ts';
import { specWords } from './spec-words.ts';

/** `from` null: it is new; `to` null: it is left out from now on. */
export interface Difference {
  /** A key of the service, with the name where it holds several: `image`, `env LOG_LEVEL`. */
  readonly what: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** In the order in which a service is written. */
export function differences(
  before: ContainerSpec | undefined,
  after: ContainerSpec | undefined,
): readonly Difference[] {
  const old = before === undefined ? new Map<string, string>() : specWords(before);
  const next = after === undefined ? new Map<string, string>() : specWords(after);
  return [...new Set([...next.keys(), ...old.keys()])].flatMap((what) => {
    const [from = null, to = null] = [old.get(what), next.get(what)];
    return from === to ? [] : [{ what, from, to }];
  });
}
