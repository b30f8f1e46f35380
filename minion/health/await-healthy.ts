// Waits until a container that was started is healthy for as long as its state wants, or is known not
// to become so. It is looked at more often than it is asked, so that an end is seen at once.

import type { World } from '../../protocol/world.ts';
import type { FaultCode } from '../../states/faults.ts';
import type { ContainerSpec } from '../../states/model.ts';
import { formatSize } from '../../states/units.ts';
import type { ContainerDetail, Engine } from '../engine/engine.ts';
import { judge, startWatch, type Verdict } from './judge.ts';
import { probe, type Answer } from '../probe.ts';

interface Awaited {
  readonly name: string;
  readonly spec: ContainerSpec;
  readonly network: string;
  /** Ends of its process until now that count for nothing; 0 where it was just started. */
  readonly restarts: number | 'any';
}

interface Waiting {
  readonly engine: Engine;
  readonly world: World;
  readonly signal: AbortSignal;
  /** Its first yes; it has yet to go on. */
  readonly onReady: () => void;
  readonly onAnswer: (answer: Answer) => void;
}

export type Awaiting =
  | { readonly healthy: true; readonly words: string }
  | {
      readonly healthy: false;
      readonly code: FaultCode;
      readonly message: string;
      readonly probe: string | undefined;
    };

/** How often is looked whether it still runs. */
const lookMs = 100;

/** Rejects with the signal's reason, or with a fault of the Engine. */
export async function awaitHealthy(awaited: Awaited, waiting: Waiting): Promise<Awaiting> {
  const { engine, world, signal } = waiting;
  const { name, spec, network } = awaited;
  const patience = { ...spec.healthcheck, minHealthyMs: spec.minHealthyMs };
  let watch = startWatch(world.now());
  let restarts = awaited.restarts;
  let askAt = 0;
  let last: Answer | undefined;
  let ready = false;
  for (;;) {
    signal.throwIfAborted();
    const detail = await engine.inspect(name);
    if (restarts === 'any') restarts = detail?.restarts ?? 0;
    const ended = endOf(detail, restarts, spec);
    if (ended !== undefined) return { healthy: false, ...ended, probe: last?.words };
    if (detail !== undefined && world.now() >= askAt) {
      last = await probe(engine, { name, spec, network, detail }, signal);
      waiting.onAnswer(last);
      const [next, verdict] = judge(watch, last.ok, world.now(), patience);
      watch = next;
      if (!ready && (verdict.is === 'healthy' || (verdict.is === 'waiting' && verdict.ready))) {
        ready = true;
        waiting.onReady();
      }
      if (verdict.is === 'healthy') return { healthy: true, words: last.words };
      if (verdict.is !== 'waiting') return { healthy: false, ...refusal(verdict, spec, last) };
      askAt = world.now() + verdict.againMs;
    }
    await world.sleep(Math.max(0, Math.min(lookMs, askAt - world.now())), signal);
  }
}

type Refusal = Omit<Extract<Awaiting, { healthy: false }>, 'healthy'>;

function refusal(
  verdict: Exclude<Verdict, { is: 'waiting' | 'healthy' }>,
  spec: ContainerSpec,
  { words }: Answer,
): Refusal {
  return { code: 'CONTAINER_UNHEALTHY', message: whyNot(verdict, spec), probe: words };
}

function whyNot(
  verdict: Exclude<Verdict, { is: 'waiting' | 'healthy' }>,
  { healthcheck: { startMs, retries }, minHealthyMs }: ContainerSpec,
): string {
  switch (verdict.is) {
    case 'late':
      return `it was not healthy within ${startMs / 1_000} s of its start`;
    case 'unhealthy':
      return `it was healthy and is no more: ${retries} probes in a row failed`;
    case 'flapping': {
      const counts = `${verdict.failed} of ${verdict.asked} probes failed`;
      const time = `${minHealthyMs / 1_000} s`;
      return `it answered, but never for ${time} without a break: ${counts} since its first yes`;
    }
  }
}

/** Undefined while it runs as it should. */
function endOf(
  detail: ContainerDetail | undefined,
  restarts: number,
  spec: ContainerSpec,
): Omit<Refusal, 'probe'> | undefined {
  if (detail === undefined) return { code: 'CONTAINER_EXITED', message: 'it was removed' };
  if (detail.status === 'paused') return { code: 'CONTAINER_UNHEALTHY', message: 'it was paused' };
  if (detail.status === 'running' && detail.restarts <= restarts) return undefined;
  if (detail.oomKilled) {
    const { memoryBytes } = spec.limits;
    const limit = memoryBytes === undefined ? '' : ` of ${formatSize(memoryBytes)}`;
    return { code: 'CONTAINER_OOM', message: `it went past its memory limit${limit}` };
  }
  if (detail.status === 'running') {
    return { code: 'CONTAINER_EXITED', message: 'it ended, and Docker started it again' };
  }
  const lived = detail.finishedAt - detail.startedAt;
  const when = lived > 0 ? ` ${(lived / 1_000).toFixed(1)} s after its start` : '';
  return { code: 'CONTAINER_EXITED', message: `it exited with ${detail.exitCode}${when}` };
}
