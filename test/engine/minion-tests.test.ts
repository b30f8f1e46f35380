// Tests asked of the real minion program over the real link, and what is left when it is killed.

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Call } from '../../protocol/messages.ts';
import type { TestRequest } from '../../states/test-request.ts';
import { until } from '../e2e/product.ts';
import { timing } from '../minion/engine/specs.ts';
import { beta, specOf, stateOf } from '../minion/samples.ts';
import { MinionHost, port } from './minion-host.ts';
import { shell } from './one-host.ts';

let host: MinionHost;
beforeAll(async () => {
  host = await MinionHost.start();
  await host.build('1.0.0');
});
afterAll(() => host?.close());

const call = (run: string, request: TestRequest): Extract<Call, { verb: 'test' }> => ({
  ...{ verb: 'test', project: 'starfall', environment: beta, network: `starfall-${beta}` },
  ...{ test: 'integration', run, timeoutMs: 20_000, request },
});

const container = (script: string): TestRequest => ({
  kind: 'container',
  spec: specOf('integration', {
    ...{ image: host.image('1.0.0'), ...shell(script), restart: { policy: 'no' } },
    ...{ healthcheck: { kind: 'none', ...timing } },
    stop: { signal: 'SIGTERM', timeoutMs: 1_000 },
  }),
});

const left = async (): Promise<string[]> =>
  Object.keys(await host.containers()).filter((name) => name.includes('-test-'));

it('each kind is run beside the services, which do not notice', async () => {
  expect(await host.reached([host.api('1.0.0')])).toMatchObject({ outcome: 'done' });
  const running = await host.running();
  const heard: string[] = [];
  const onLines = (lines: readonly string[]): void => void heard.push(...lines);
  const url = `http://${host.host.address}:${port}/`;
  const script = `busybox wget -q -O - http://api:8080/ && busybox wget -q -O - ${url}`;
  const ran = await host.master.call(host.id, call('a-1', container(script)), 30_000, { onLines });
  expect(ran).toMatchObject({ verdict: 'passed', output: { head: '1.0.0\n1.0.0\n' } });
  expect(heard).toEqual(['1.0.0', '1.0.0']);
  const http = await host.master.call(
    host.id,
    call('a-2', {
      ...{ kind: 'http', url, intervalMs: 100 },
      expect: { status: 200, headers: {}, json: {}, body: { contains: '1.0.0' } },
    }),
    30_000,
  );
  expect(http.verdict).toBe('passed');
  const service = host.api('1.0.0').service;
  const exec = call('a-3', { kind: 'exec', service, command: ['/bin/sh', '-c', 'exit 75'] });
  expect(await host.master.call(host.id, exec, 30_000)).toMatchObject({ verdict: 'inconclusive' });
  expect(await host.running()).toEqual(running);
  expect(await left()).toEqual([]);
  expect(host.drifts).toEqual([]);
  const again = await host.reached([host.api('1.0.0')]);
  expect(again).toMatchObject({ outcome: 'done', writes: 0 });
});

it('one that was cut off by the end of the minion is told as lost, and removed by the next', async () => {
  const ran = host.master.call(host.id, call('b-1', container('busybox sleep 60')), 60_000);
  const ended = expect(ran).rejects.toMatchObject({ data: { code: 'HOSTS_MISSING' } });
  await until('it runs', async () => (await left()).length === 1);
  await host.killMinion();
  await ended;
  expect(await left()).toHaveLength(1);
  host.startMinion();
  await host.linked();
  await until('the leftover is gone', async () => (await left()).length === 0);
  const next = await host.master.call(host.id, call('b-2', container('exit 0')), 30_000);
  expect(next.verdict).toBe('passed');
});

it('a minion that is asked to stop leaves none behind', async () => {
  const ran = host.master.call(host.id, call('c-1', container('busybox sleep 60')), 60_000);
  const ended = expect(ran).rejects.toMatchObject({ data: { code: 'HOSTS_MISSING' } });
  await until('it runs', async () => (await left()).length === 1);
  await host.killMinion('SIGTERM');
  await ended;
  expect(await left()).toEqual([]);
  host.startMinion();
  await host.linked();
});

it('what the host does not allow is refused before anything is fetched or touched', async () => {
  const before = await host.containers();
  const wanted = host.api('1.0.0', { capAdd: ['SYS_ADMIN'] });
  const state = stateOf(beta, [wanted]);
  const planned = await host.master.call(host.id, { verb: 'plan', state }, 10_000);
  expect(planned.problems).toMatchObject([{ code: 'NOT_ALLOWED', service: wanted.service }]);
  const report = await host.reached([wanted]);
  expect(report).toMatchObject({ outcome: 'failed', writes: 0, reverted: false });
  expect(report.failures[0]).toMatchObject({ code: 'NOT_ALLOWED' });
  expect(await host.containers()).toEqual(before);
});
