// Follows the Engine's own events for as long as the minion lives, through every end of the Engine.

import type { Logger } from 'pino';
import type { World } from '../../protocol/world.ts';
import { Fault } from '../../states/faults.ts';
import { ownership, type Ownership } from '../../states/naming.ts';
import { backoffMs } from './backoff.ts';
import type { Engine, EngineEvent, EngineInfo } from '../engine/engine.ts';

interface WatcherOptions {
  readonly engine: Engine;
  readonly world: World;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** It answers, for the first time or again; whatever happened meanwhile was not seen. */
  readonly onUp: (info: EngineInfo) => void;
  readonly onDown: (fault: Fault) => void;
  readonly onEvent: (event: EngineEvent) => void;
}

const again = { minMs: 50, maxMs: 2_000 };

/** Resolves when the signal fires. */
export async function watchEngine(options: WatcherOptions): Promise<void> {
  const { world, signal, log } = options;
  let told: string | undefined;
  for (let tries = 0; !signal.aborted; tries += 1) {
    const session = new AbortController();
    try {
      await follow({
        ...options,
        signal: AbortSignal.any([signal, session.signal]),
        onUp: (info) => {
          if (told !== undefined) log.info({ docker: info.version }, 'the Docker Engine is back');
          [tries, told] = [0, undefined];
          options.onUp(info);
        },
      });
    } catch (error) {
      session.abort();
      if (signal.aborted) return;
      if (!(error instanceof Fault)) throw error;
      if (error.data.message !== told) log.warn({ err: error }, 'no Docker Engine');
      told = error.data.message;
      options.onDown(error);
      const waitMs = backoffMs(tries, world.random(), again);
      await world.sleep(waitMs, signal).catch(() => undefined);
    }
  }
}

/** Subscribed first, asked whether it is there second: nothing falls between. */
async function follow({ engine, signal, onUp, onEvent }: WatcherOptions): Promise<void> {
  const events = engine.events(signal);
  onUp(await engine.info());
  for await (const event of events) onEvent(event);
}

/** What an event means for one of our containers. */
interface Meant {
  readonly owner: Ownership;
  /** In words, where somebody may have taken away what should run. */
  readonly what: string | undefined;
  /** Its process ended or began: where it answers is to be found out anew. */
  readonly moved: boolean;
}

/** Undefined for what is not ours or changes nothing. */
export function meaningOf({ type, action, labels }: EngineEvent): Meant | undefined {
  const owner = type === 'container' ? ownership(labels) : undefined;
  if (owner === undefined) return undefined;
  const moved = moving.has(action);
  const what = wordsOf(action, labels);
  return moved || what !== undefined ? { owner, what, moved } : undefined;
}

const moving: ReadonlySet<string> = new Set(['start', 'die', 'destroy', 'unpause', 'rename']);

function wordsOf(action: string, labels: EngineEvent['labels']): string | undefined {
  switch (action) {
    case 'die':
      return `it ended with exit code ${labels.exitCode ?? 'unknown'}`;
    case 'stop':
      return 'it was stopped';
    case 'destroy':
      return 'it was removed';
    case 'pause':
      return 'it was paused';
    case 'rename':
      return 'it was renamed';
    case 'oom':
      return 'it ran out of memory';
    case 'health_status: unhealthy':
      return 'its HEALTHCHECK says that it is unhealthy';
    default:
      return undefined;
  }
}
