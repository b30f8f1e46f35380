// A job on this host: its container runs to its end and stays there, stopped, as the record that it ended
// well. One that is found running, after a crash or a restart of the minion, is waited for: breaking a
// migration off half-way is worse than letting it end.

import { setTimeout as delay } from 'node:timers/promises';
import type { World } from '../../protocol/world.ts';
import type { JobSpec } from '../../states/model.ts';
import { jobLabelsOf, labelKeys } from '../../states/naming.ts';
import type { HostState } from '../../states/model.ts';
import { firstNetwork, networksOf } from '../../states/networks.ts';
import { formatDuration } from '../../states/units.ts';
import type { ContainerDetail, Engine } from '../engine/engine.ts';
import { Failed, failure, withTraces } from './evidence.ts';
import { startWith } from './stale-task.ts';
import type { Tally } from './tally.ts';

export interface RunningJob {
  readonly engine: Engine;
  readonly world: World;
  readonly state: HostState;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

/** Throws Failed, a fault of the Engine, or the signal's reason; then the job runs on. */
export async function runJob(name: string, job: JobSpec, running: RunningJob): Promise<void> {
  const { engine, signal } = running;
  if (!(await isGoing(name, engine))) await begin(name, job, running);
  const end = await endOf(name, job, running);
  signal.throwIfAborted();
  if (end === 'late') {
    await engine.stop(name, job.spec.stop.timeoutMs);
    const late = `did not end within ${formatDuration(job.timeoutMs)}`;
    const told = await failed(name, job, late, engine);
    // Asked to end it may have done so with 0, and would stand as the record that it ended well.
    await engine.remove(name);
    throw told;
  }
  if (end.exitCode !== 0) {
    const why = end.oomKilled ? 'was killed for its memory' : `ended with ${end.exitCode}`;
    throw await failed(name, job, why, engine);
  }
}

const isGoing = async (name: string, engine: Engine): Promise<boolean> =>
  (await engine.inspect(name))?.status === 'running';

/** What has its name has ended; it would be in the way. */
async function begin(name: string, job: JobSpec, running: RunningJob): Promise<void> {
  const { engine, state, tally } = running;
  const own = { [labelKeys.project]: state.project, [labelKeys.environment]: state.environment };
  const volumes = job.spec.mounts.filter(({ type }) => type === 'volume');
  for (const network of networksOf(job.spec, state)) await engine.createNetwork(network, own);
  for (const { source } of volumes) await engine.createVolume(source, own);
  await engine.remove(name);
  const labels = jobLabelsOf(state, job);
  const network = firstNetwork(job.spec, state);
  await engine.create({ name, spec: job.spec, labels, network, oneShot: true });
  await startWith({ container: name, spec: job.spec }, engine);
  tally.writes += 2;
}

async function endOf(
  name: string,
  { timeoutMs }: JobSpec,
  { engine, world, signal }: RunningJob,
): Promise<ContainerDetail | 'late'> {
  const { startedAt = 0 } = (await engine.inspect(name)) ?? {};
  const left = Math.max(0, timeoutMs - Math.max(0, world.now() - startedAt));
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  try {
    const late = await Promise.race([
      engine.ended(name, either).then(() => false),
      delay(left, true, { signal: either }),
    ]);
    if (late) return 'late';
  } finally {
    stop.abort(new Error('no longer waited for'));
  }
  const detail = await engine.inspect(name);
  if (detail === undefined) throw new Failed([gone(name)]);
  return detail;
}

const gone = (container: string) =>
  failure('JOB_FAILED', 'somebody removed its container while it ran', { phase: 'job', container });

async function failed(
  container: string,
  { name, spec }: JobSpec,
  why: string,
  engine: Engine,
): Promise<Failed> {
  const message = `job ${name} ${why}`;
  const about = failure('JOB_FAILED', message, { phase: 'job', container, spec });
  return new Failed([await withTraces(engine, about, undefined)]);
}
