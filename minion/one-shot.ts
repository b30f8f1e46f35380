// Containers that run once, to their end, and are removed whatever happens.
//
// One lives no longer than who asked for it: when the call is cancelled, the link ends or the minion
// stops, it is stopped and removed, and one that a killed minion left behind is removed when the next
// one finds it. Taking such a container up again would be no better: its asker is told that the host
// was lost and asks anew, here or elsewhere, and two runs of one test at once disturb each other.

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { fault, Fault } from '../states/faults.ts';
import type { ContainerSpec } from '../states/model.ts';
import { labelKeys } from '../states/naming.ts';
import type { Engine } from './engine/engine.ts';

interface OneShot {
  readonly project: string;
  readonly environment: string;
  /** Made where it is missing. */
  readonly network: string;
  /** The name of the test. */
  readonly test: string;
  /** Names the container; differs for each run. */
  readonly run: string;
  readonly spec: ContainerSpec;
  /** From its start. */
  readonly timeoutMs: number;
  /** A path inside it that is read after its end. */
  readonly file?: string;
}

interface Running {
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

export interface Ended {
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Its time was over, and it was stopped. */
  readonly timedOut: boolean;
  readonly durationMs: number;
  readonly file: Uint8Array | undefined;
}

interface OneShotsOptions {
  readonly engine: Engine;
  readonly log: Logger;
}

const fileBytesMax = 8_388_608;
/** For the last lines to come after the end. */
const lastLinesMs = 5_000;

export class OneShots {
  readonly #options: OneShotsOptions;
  readonly #live = new Map<string, Promise<unknown>>();

  constructor(options: OneShotsOptions) {
    this.#options = options;
  }

  /** Throws what the Engine says where it could not be begun or was lost, or the signal's reason. */
  async run(shot: OneShot, running: Running): Promise<Ended> {
    const name = nameOf(shot);
    if (this.#live.has(name)) throw fault('NAME_TAKEN', `${name} runs already`, { where: name });
    const ran = this.#run(name, shot, running);
    // Known before the container is, so that no sweep takes it for a leftover.
    const over = ran.catch(() => undefined).finally(() => this.#live.delete(name));
    this.#live.set(name, over);
    return ran;
  }

  /** Removes what an earlier minion has left behind. */
  async sweep(): Promise<void> {
    const { engine, log } = this.#options;
    for (const { name, labels } of await engine.containers()) {
      if (labels[labelKeys.run] === undefined || labels[labelKeys.service] !== undefined) continue;
      if (this.#live.has(name)) continue;
      log.info({ container: name }, 'removing what a run that was cut off has left');
      await engine.remove(name);
    }
  }

  /** Whoever asked has been told to stop; waits for the removals. */
  async idle(): Promise<void> {
    await Promise.all(this.#live.values());
  }

  async #run(name: string, shot: OneShot, { signal, onLine }: Running): Promise<Ended> {
    const { engine, log } = this.#options;
    const { project, environment, network, spec } = shot;
    const own = { [labelKeys.project]: project, [labelKeys.environment]: environment };
    const labels = { ...own, [labelKeys.test]: shot.test, [labelKeys.run]: shot.run };
    try {
      await engine.createNetwork(network, own);
      await engine.pull(spec.image, { signal });
      signal.throwIfAborted();
      await engine.create({ name, spec, labels, network, oneShot: true });
      signal.throwIfAborted();
      await engine.start(name);
      return await this.#toItsEnd(name, shot, { signal, onLine });
    } finally {
      await engine.remove(name).catch((error: unknown) => {
        // The next sweep finds it.
        log.warn({ err: error, container: name }, 'could not be removed');
      });
    }
  }

  async #toItsEnd(
    name: string,
    { spec, timeoutMs, file }: OneShot,
    { signal, onLine }: Running,
  ): Promise<Ended> {
    const { engine } = this.#options;
    const begun = performance.now();
    const over = new AbortController();
    const followed = engine.follow(name, onLine, over.signal).catch(nothing);
    const timedOut = await endOrTimeout(
      (stop) => engine.ended(name, stop),
      timeoutMs,
      signal,
    ).catch(async (error: unknown) => {
      over.abort();
      if (signal.aborted) await engine.stop(name, spec.stop.timeoutMs).catch(nothing);
      throw error;
    });
    if (timedOut) await engine.stop(name, spec.stop.timeoutMs);
    const durationMs = performance.now() - begun;
    await Promise.race([followed, delay(lastLinesMs, undefined, { ref: false })]);
    over.abort();
    const detail = await engine.inspect(name);
    if (detail === undefined) {
      throw fault('DOCKER_ERROR', 'somebody removed the container while it ran', { where: name });
    }
    const { exitCode, oomKilled } = detail;
    const read = file === undefined ? undefined : await this.#read(name, file);
    return { exitCode, oomKilled, timedOut, durationMs, file: read };
  }

  async #read(name: string, file: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#options.engine.file(name, file, fileBytesMax);
    } catch (error) {
      // A path through what is no directory; that the Engine is away is another matter.
      if (error instanceof Fault && error.data.code !== 'DOCKER_DOWN') return undefined;
      throw error;
    }
  }
}

/** True where the time was over first. */
async function endOrTimeout(
  ended: (signal: AbortSignal) => Promise<void>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  try {
    return await Promise.race([
      ended(either).then(() => false),
      delay(timeoutMs, true, { signal: either }),
    ]);
  } finally {
    stop.abort(new Error('no longer waited for'));
  }
}

const nothing = (): void => undefined;

const nameCharsMax = 200;

/** The run is last and whole, so that two runs never share a name. */
function nameOf({ project, environment, test, run }: OneShot): string {
  const who = `${project}-${environment}-test-${test}`;
  return `${who.slice(0, nameCharsMax - run.length - 1)}-${run}`;
}
