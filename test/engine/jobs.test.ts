// Jobs on a real Engine: run once, kept as the record of that, waited for where they run already, and
// told with their own words where they fail.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { look } from '../../minion/reconcile/converge.ts';
import { fetch as prepare, run as reconcile, type Task } from '../../minion/reconcile.ts';
import { jobSpec } from '../../protocol/state-schema.ts';
import { realWorld } from '../../protocol/world.ts';
import type { HostState, JobSpec } from '../../states/model.ts';
import { jobContainerName } from '../../states/naming.ts';
import { jobSteps } from '../../states/plan/jobs.ts';
import { until } from '../e2e/product.ts';
import { beta, desireOf, openPolicy, specOf, stateOf } from '../minion/samples.ts';
import { OneHost, shell } from './one-host.ts';

let one: OneHost;
let generation = 0;
beforeAll(async () => {
  one = await OneHost.start();
});
afterAll(() => one?.close());
afterEach(() => one.removeAll());

const job = (script: string, more: Partial<JobSpec> = {}): JobSpec =>
  jobSpec.parse({
    ...{ name: 'migrate', service: 'api', once: 'per-release', on: 'one-host', timeoutMs: 30_000 },
    spec: specOf('api', {
      ...{ image: one.image, ...shell(script), restart: { policy: 'no' } },
      stop: { signal: 'SIGKILL', timeoutMs: 0 },
      mounts: [{ type: 'volume', source: 'starfall-jobs', target: '/data', readOnly: false }],
    }),
    ...more,
  });

const stateWith = (...jobs: readonly JobSpec[]): HostState => ({
  ...stateOf(beta, []),
  containers: [],
  jobs,
});

const task = (state: HostState, mode: 'pull' | 'run', signal?: AbortSignal): Task => {
  generation += 1;
  const jobs = mode === 'pull' ? ({ jobs: true } as const) : {};
  return {
    ...{
      engine: one.engine,
      world: realWorld,
      policy: openPolicy,
      health: one.health,
      previous: undefined,
    },
    desire: desireOf(beta, generation, { state, mode, ...jobs }),
    ...{ signal: signal ?? new AbortController().signal, tell: () => undefined },
    onGoingBack: () => Promise.resolve(),
  };
};

const written = async (): Promise<string> => {
  const script = { ...job('busybox cat /data/log').spec };
  await one.run({ ...script, restart: { policy: 'no' } }, 'reader');
  await until('it has read', async () => (await one.engine.inspect('reader'))?.status === 'exited');
  const lines = await one.engine.logs('reader', 100);
  await one.engine.remove('reader');
  return lines.join(' ');
};

const due = async (state: HostState): Promise<number> =>
  jobSteps(
    state,
    await look(
      { engine: one.engine, world: realWorld, policy: openPolicy, health: one.health },
      state,
    ),
    false,
  ).length;

describe('a job', () => {
  it('runs once for a release; again when it changes, and goes with its service', async () => {
    const first = stateWith(job('echo first >> /data/log'));
    expect(await due(first)).toBe(1);
    expect(await prepare(task(first, 'pull'))).toMatchObject({ outcome: 'done', now: 'old' });
    expect(await due(first)).toBe(0);
    expect(await prepare(task(first, 'pull'))).toMatchObject({ outcome: 'done', writes: 0 });
    expect(await written()).toBe('first');

    const changed = stateWith(job('echo second >> /data/log'));
    expect(await prepare(task(changed, 'pull'))).toMatchObject({ outcome: 'done', writes: 2 });
    expect(await written()).toBe('first second');

    expect(await reconcile(task(stateOf(beta, []), 'run'))).toMatchObject({ outcome: 'done' });
    expect(await one.containers()).toEqual([]);
  });

  it('that fails says how, with its last lines, and runs again next time', async () => {
    const state = stateWith(job('echo no such table >&2; exit 3'));
    const report = await prepare(task(state, 'pull'));
    expect(report).toMatchObject({
      ...{ outcome: 'failed', now: 'old' },
      failures: [
        {
          ...{ code: 'JOB_FAILED', message: 'job migrate ended with 3', phase: 'job' },
          ...{ service: 'api', exitCode: 3, logs: ['no such table'] },
        },
      ],
    });
    expect(await due(state)).toBe(1);
  });

  it('that cannot be begun says of what service, container and place it is', async () => {
    const plain = job('');
    const spec = { ...plain.spec, entrypoint: ['/no-such-program'] };
    const broken = { ...plain, spec };
    const state = stateWith(broken);
    const report = await prepare(task(state, 'pull'));
    expect(report.failures).toMatchObject([
      {
        ...{ code: 'CONTAINER_COMMAND', phase: 'job', service: 'api', at: spec.at },
        container: jobContainerName(state, broken),
      },
    ]);
  });

  it('that does not end in time is stopped, and runs again, also where it ends well when asked to', async () => {
    const polite = job('trap "exit 0" TERM; echo begun; while :; do busybox sleep 0.1; done', {
      timeoutMs: 500,
    });
    const stop = { signal: 'SIGTERM', timeoutMs: 5_000 };
    const state = stateWith({ ...polite, spec: { ...polite.spec, stop } });
    const report = await prepare(task(state, 'pull'));
    expect(report.failures).toMatchObject([
      { code: 'JOB_FAILED', message: 'job migrate did not end within 500ms', logs: ['begun'] },
    ]);
    expect(await one.containers()).toEqual([]);
    expect(await due(state)).toBe(1);
  });

  it('that was left running is waited for, and not begun a second time', async () => {
    const only = job('echo once >> /data/other; busybox sleep 2; busybox wc -l /data/other');
    const state = stateWith(only);
    const stop = new AbortController();
    const cut = prepare(task(state, 'pull', stop.signal)).catch((error: unknown) => error);
    const name = jobContainerName(state, only);
    await until('it runs', async () => (await one.engine.inspect(name))?.status === 'running');
    stop.abort(new Error('the minion ends'));
    expect(await cut).toEqual(new Error('the minion ends'));
    expect((await one.engine.inspect(name))?.status).toBe('running');

    expect(await prepare(task(state, 'pull'))).toMatchObject({ outcome: 'done', writes: 0 });
    expect(await one.engine.logs(name, 10)).toEqual(['1 /data/other']);
  });
});
