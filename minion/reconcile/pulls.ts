// Fetches images, several at once. A registry that is away is asked again until a deadline; every
// other reason ends it at once, and all that could not be fetched is told together.

import type { World } from '../../protocol/world.ts';
import type { HostFailure } from '../../protocol/messages.ts';
import { Fault } from '../../states/faults.ts';
import type { HostState, PinnedImage } from '../../states/model.ts';
import { backoffMs } from '../keep/backoff.ts';
import type { Engine } from '../engine/engine.ts';
import { Failed, failureOf } from './evidence.ts';
import { reference } from '../observe.ts';
import type { Told } from './perform.ts';
import type { Tally } from './tally.ts';

export interface Pulling {
  readonly engine: Engine;
  readonly world: World;
  readonly state: HostState;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly tell: (told: Told) => void;
}

/** As many as Docker itself fetches layers at once. */
const pullsMax = 3;
/** The master gives up long before; this is for when nobody is there to give up. */
const registryMsMax = 1_800_000;
const again = { minMs: 1_000, maxMs: 30_000 };
const tellEveryMs = 250;

/** Throws Failed, a DOCKER_DOWN fault, or the signal's reason. */
export async function pullAll(images: readonly PinnedImage[], pulling: Pulling): Promise<void> {
  const left = [...images];
  const failures: HostFailure[] = [];
  const hand = async (): Promise<void> => {
    for (let image = left.shift(); image !== undefined; image = left.shift()) {
      const failed = await pull(image, pulling);
      if (failed !== undefined) failures.push(failed);
    }
  };
  const hands = Array.from({ length: Math.min(pullsMax, images.length) }, hand);
  const ended = await Promise.allSettled(hands);
  for (const hand of ended) if (hand.status === 'rejected') throw hand.reason;
  if (failures.length > 0) throw new Failed(failures);
}

async function pull(image: PinnedImage, pulling: Pulling): Promise<HostFailure | undefined> {
  const { engine, world, state, tally, signal, tell } = pulling;
  const spec = state.containers.find((each) => reference(each.image) === reference(image));
  const say = (phase: Told['phase'], detail: string): void => {
    tell({ phase, detail, ...(spec === undefined ? {} : { service: spec.service }) });
  };
  const deadline = world.now() + registryMsMax;
  const name = `${image.name}:${image.tag}`;
  say('pulling', name);
  for (let tries = 0; ; tries += 1) {
    signal.throwIfAborted();
    try {
      await engine.pull(image, { signal, onProgress: slowly(world, name, say) });
      tally.writes += 1;
      say('pulled', name);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      const waitMs = backoffMs(tries, world.random(), again);
      if (!isAway(error) || world.now() + waitMs > deadline) {
        return failureOf(error, { phase: 'pull', ...(spec === undefined ? {} : { spec }) });
      }
      say('waiting', `${error.data.message}; again in ${Math.ceil(waitMs / 1_000)} s`);
      await world.sleep(waitMs, signal);
    }
  }
}

const isAway = (error: unknown): error is Fault =>
  error instanceof Fault && error.data.code === 'REGISTRY_DOWN';

/** A layer tells its bytes far more often than anybody can read. */
function slowly(
  world: World,
  name: string,
  say: (phase: Told['phase'], detail: string) => void,
): (done: number, total: number) => void {
  let last = 0;
  return (done, total) => {
    const now = world.now();
    if (now - last < tellEveryMs) return;
    last = now;
    const of = total > done ? ` of ${megabytes(total)}` : '';
    say('pulling', `${name}, ${megabytes(done)}${of}`);
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
