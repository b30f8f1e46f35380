// Tests on a real Engine: each kind with its verdicts, what is kept and told of them, and that nothing is
// left over, whoever goes away in the middle.
// Long because each end that a test can come to has one here.

import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OneShots } from '../../minion/one-shot.ts';
import { runTest, type TestCall } from '../../minion/tests/run-test.ts';
import { realWorld } from '../../protocol/world.ts';
import type { EnvironmentName, ServiceName } from '../../states/ids.ts';
import type { ContainerSpec } from '../../states/model.ts';
import type { TestRequest } from '../../states/test-request.ts';
import { until } from '../e2e/product.ts';
import { specOf } from '../minion/engine/specs.ts';
import { network, OneHost, shell } from './one-host.ts';
import { openPolicy } from '../minion/samples.ts';

const log = pino({ level: 'silent' });
let one: OneHost;
let shots: OneShots;
let runs = 0;
beforeAll(async () => {
  one = await OneHost.start();
  shots = new OneShots({ engine: one.engine, log });
});
afterAll(() => one?.close());
afterEach(() => one.removeAll());

const specFor = (script: string, more: Partial<ContainerSpec> = {}): ContainerSpec =>
  specOf({
    image: one.image,
    ...shell(script),
    stop: { signal: 'SIGTERM', timeoutMs: 1_000 },
    ...more,
  });

interface Around {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly say?: (lines: readonly string[]) => void;
  readonly shots?: OneShots;
}

function asked(request: TestRequest, around: Around = {}) {
  runs += 1;
  const call: TestCall = {
    ...{ verb: 'test', project: 'starfall', environment: 'beta' as EnvironmentName, network },
    ...{ test: 'integration', run: `run-${runs}`, timeoutMs: around.timeoutMs ?? 20_000, request },
  };
  const { signal = new AbortController().signal, say = () => undefined } = around;
  const own = { shots: around.shots ?? shots, policy: openPolicy };
  const tools = { engine: one.engine, world: realWorld, ...own };
  return runTest(tools, call, { signal, say });
}

const container = (
  script: string,
  more: Partial<ContainerSpec> = {},
  junit?: string,
): TestRequest => ({
  kind: 'container',
  spec: specFor(script, more),
  ...(junit !== undefined && { junit }),
});

const left = async () =>
  (await one.engine.containers()).filter(({ labels }) => labels['brine.test'] !== undefined);

describe('a container', () => {
  it('that ends well is a pass, in the network, with its env, and is gone afterwards', async () => {
    await one.run({}, 'api-1');
    const script = 'busybox wget -q -O - http://api:8080/; echo "$GREETING" >&2';
    const tested = await asked(container(script, { env: { GREETING: 'good day' } }));
    expect(tested).toMatchObject({ verdict: 'passed', detail: 'exited with 0', exitCode: 0 });
    expect(tested.output.head.split('\n').sort()).toEqual(['', '1.0.0', 'good day']);
    expect(tested.durationMs).toBeGreaterThan(0);
    expect(await left()).toEqual([]);
  });

  it('is no service: nobody finds it by a name, and nothing takes it for one of ours', async () => {
    const ran = asked(container('busybox sleep 2'));
    await until('it runs', async () => (await left())[0]?.status === 'running');
    const [running] = await left();
    const labels = Object.entries(running?.labels ?? {});
    expect(Object.fromEntries(labels.filter(([key]) => key.startsWith('brine.')))).toEqual({
      'brine.project': 'starfall',
      'brine.env': 'beta',
      'brine.test': 'integration',
      'brine.run': `run-${runs}`,
    });
    const format = '{{range .NetworkSettings.Networks}}{{.Aliases}}{{end}}';
    const aliases = await one.host.docker('inspect', '--format', format, running?.name ?? '');
    expect(aliases).not.toContain('api');
    await ran;
  });

  it('that ends badly is a failure with its last words', async () => {
    const tested = await asked(container('echo one; echo "expected 3, got 4"; exit 3'));
    expect(tested).toMatchObject({
      verdict: 'failed',
      detail: 'exited with 3; expected 3, got 4',
      exitCode: 3,
      counts: null,
    });
  });

  it('that says it cannot say is inconclusive', async () => {
    const tested = await asked(container('echo "no licence today"; exit 75'));
    expect(tested.verdict).toBe('inconclusive');
    expect(tested.detail).toBe('exited with 75: it cannot say; no licence today');
  });

  it('that hangs has failed; one that is deaf is killed', async () => {
    const script = "trap '' TERM; echo waiting; while :; do busybox sleep 0.1; done";
    const tested = await asked(container(script), { timeoutMs: 700 });
    expect(tested).toMatchObject({
      verdict: 'failed',
      detail: 'it did not end within 700ms; waiting',
      exitCode: null,
    });
    expect(await left()).toEqual([]);
  });

  it('that takes too much memory has failed, and says so', async () => {
    const greedy = container('x=a; while :; do x=$x$x; done', { limits: { memoryBytes: 8 << 20 } });
    const tested = await asked(greedy);
    expect(tested.verdict).toBe('failed');
    expect(tested.detail).toContain('killed for using more memory');
  });

  it('whose command is not there could not be made', async () => {
    const spec = specOf({ image: one.image, entrypoint: ['/no-such'] });
    const tested = await asked({ kind: 'container', spec });
    expect(tested).toMatchObject({ verdict: 'errored', code: 'CONTAINER_COMMAND', exitCode: null });
    expect(await left()).toEqual([]);
  });

  it('whose image is not there could not be made', async () => {
    const image = { ...one.image, digest: `sha256:${'0'.repeat(64)}` };
    const tested = await asked(container('exit 0', { image }));
    expect(tested).toMatchObject({ verdict: 'errored', code: 'IMAGE_NOT_FOUND' });
  });

  it('is read for its counts, and the names of what failed', async () => {
    const report = `<testsuites><testsuite name="login"><testcase classname="login" name="good"/>
<testcase classname="login" name="wrong password"><failure message="200"/></testcase>
<testcase name="later"><skipped/></testcase></testsuite></testsuites>`;
    const script = `printf '%s' "$REPORT" > /report.xml; exit 1`;
    const tested = await asked(container(script, { env: { REPORT: report } }, '/report.xml'));
    expect(tested).toMatchObject({
      verdict: 'failed',
      detail: 'exited with 1; 1 of 3 failed: login › wrong password',
      counts: { tests: 3, failures: 1, skipped: 1 },
    });
    const without = await asked(container('echo done', {}, '/report.xml'));
    expect(without).toMatchObject({ verdict: 'passed', counts: null });
    expect(without.detail).toBe('exited with 0; there is no JUnit file at /report.xml');
  });

  it('is heard while it runs', async () => {
    const heard: string[] = [];
    const say = (lines: readonly string[]) => void heard.push(...lines);
    const ran = asked(container('echo first; busybox sleep 1.5; echo last'), { say });
    await until('the first line has come', async () => heard.includes('first'));
    expect(heard).toEqual(['first']);
    await ran;
    expect(heard).toEqual(['first', 'last']);
  });

  it('that says very much is kept in part', async () => {
    const script = 'i=0; while [ $i -lt 9000 ]; do echo "line $i is one of many"; i=$((i+1)); done';
    const { output } = await asked(container(script));
    expect(output.head.startsWith('line 0 is one of many\n')).toBe(true);
    expect(output.tail.endsWith('line 8999 is one of many\n')).toBe(true);
    const kept = `${output.head}${output.tail}`.split('\n').length - 1;
    expect(kept + output.omittedLines).toBe(9_000);
    expect(output.omittedLines).toBeGreaterThan(1_000);
  });

  it('is stopped and removed when nobody waits any more', async () => {
    const stop = new AbortController();
    const ran = asked(container('busybox sleep 60'), { signal: stop.signal });
    await until('it runs', async () => (await left())[0]?.status === 'running');
    stop.abort(new Error('nobody waits'));
    await expect(ran).rejects.toThrow('nobody waits');
    expect(await left()).toEqual([]);
  });

  it('that a killed minion has left is removed by the next one, and one that runs is not', async () => {
    const before = new OneShots({ engine: one.engine, log });
    void asked(container('busybox sleep 60'), { shots: before }).catch(() => undefined);
    await until('it runs', async () => (await left())[0]?.status === 'running');
    const [leftover] = await left();
    const mine = asked(container('busybox sleep 1'));
    await until('both run', async () => (await left()).length === 2);
    await shots.sweep();
    expect((await left()).map(({ name }) => name)).not.toContain(leftover?.name);
    expect(await left()).toHaveLength(1);
    expect((await mine).verdict).toBe('passed');
  });

  it('leaves a network where there was none', async () => {
    runs += 1;
    await shots.run(
      {
        ...{ project: 'starfall', environment: 'gamma', network: 'starfall-gamma', test: 'smoke' },
        ...{ run: `run-${runs}`, spec: specFor('exit 0'), timeoutMs: 5_000 },
      },
      { signal: new AbortController().signal, onLine: () => undefined },
    );
    expect(await one.engine.networks()).toContain('starfall-gamma');
    await one.engine.removeNetwork('starfall-gamma');
  });
});

describe('an exec', () => {
  const own = {
    ...{ 'brine.project': 'starfall', 'brine.env': 'beta', 'brine.service': 'api' },
    ...{ 'brine.slot': '1', 'brine.release': '0123abcd', 'brine.spec': 'x' },
  };
  const exec = (...command: string[]) =>
    ({ kind: 'exec', service: 'api' as ServiceName, command }) as const;

  async function api(): Promise<void> {
    const spec = specOf({ image: one.image });
    await one.engine.create({ name: 'api-1', spec, labels: own, network });
    await one.engine.start('api-1');
  }

  it('runs in the container of the service, and its exit code decides', async () => {
    await api();
    const heard: string[] = [];
    const say = (lines: readonly string[]) => void heard.push(...lines);
    expect(await asked(exec('/bin/sh', '-c', 'echo $VERSION'), { say })).toMatchObject({
      ...{ verdict: 'passed', exitCode: 0 },
      output: { head: '1.0.0\n' },
    });
    expect(heard).toEqual(['1.0.0']);
    expect(await asked(exec('/bin/sh', '-c', 'echo no; exit 2'))).toMatchObject({
      ...{ verdict: 'failed', exitCode: 2, detail: 'exited with 2; no' },
    });
    const late = await asked(exec('busybox', 'sleep', '30'), { timeoutMs: 500 });
    expect(late).toMatchObject({ verdict: 'failed', detail: 'it did not end within 500ms' });
    expect(await asked(exec('/no-such'))).toMatchObject({
      ...{ verdict: 'errored', code: 'CONTAINER_COMMAND' },
    });
  });

  it('could not be made where the service does not run', async () => {
    expect(await asked(exec('true'))).toMatchObject({
      ...{ verdict: 'errored', detail: 'no container of api runs on this host' },
    });
  });
});

describe('when the Engine goes away', () => {
  it('the test could not be made, and what is left is swept when it is back', async (test) => {
    const host = one.own(test);
    const ran = asked(container('busybox sleep 60'));
    await until('it runs', async () => (await left())[0]?.status === 'running');
    await host.killDocker();
    expect(await ran).toMatchObject({ verdict: 'errored', code: 'DOCKER_DOWN' });
    await host.startDocker();
    await until('the Engine is back', async () => {
      await one.engine.info();
      return true;
    });
    await shots.sweep();
    expect(await left()).toEqual([]);
  });
});
