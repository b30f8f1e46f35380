// The hooks that master.yaml names: who sends one proves it, and is answered with the images that will
// be looked at. What it says is otherwise not believed.

import { fault } from '../../states/faults.ts';
import { hintsOf, type Hint, type HookKind } from './hints.ts';
import { isProven, type HookCall } from './hook-proof.ts';

export interface Hook {
  readonly kind: HookKind;
  readonly secret: string;
}

export interface HookAnswer {
  /** Images that are looked at now; none where it told of nothing that is followed. */
  readonly looking: readonly string[];
}

/** Who is told of what a hook is about; what comes of it takes its own time. */
interface Told {
  readonly hint: (hints: readonly Hint[]) => Promise<readonly string[]>;
  /** Somebody has pushed to the states. */
  readonly pushed: () => void;
}

/** Throws ACCESS_DENIED alike for a hook that there is not and for a wrong proof, BAD_USAGE. */
export async function receiveHook(
  hooks: ReadonlyMap<string, Hook>,
  name: string,
  call: HookCall,
  told: Told,
): Promise<HookAnswer> {
  const hook = hooks.get(name);
  // Proven against something in any case, so that a name that exists takes no longer.
  const proven = isProven(call, hook?.secret ?? 'there is no such hook');
  if (hook === undefined || !proven) {
    throw fault('ACCESS_DENIED', 'no such hook, or not the secret that it was given');
  }
  // Which branch was pushed is not asked: a look costs little, and finds what there is.
  if (hook.kind === 'git') {
    told.pushed();
    return { looking: [] };
  }
  return { looking: await told.hint(hintsOf(hook.kind, bodyOf(call.body))) };
}

function bodyOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as unknown;
  } catch (cause) {
    throw fault('BAD_USAGE', 'the body of a hook is JSON', {}, { cause });
  }
}
