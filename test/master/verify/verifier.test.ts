// A stage's tests over a real store and history; the hosts answer as the test says.
// Long because hosts, their records and their answers are all made here.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from '../../../master/eventlog.ts';
import type { StreamItem } from '../../../master/events.ts';
import type { CallOptions, Fleet } from '../../../master/fleet/fleet.ts';
import { evidence } from '../../../master/pipeline/record.ts';
import { parsePromotionId, type PromotionId } from '../../../master/pipeline/record.ts';
import { keys } from '../../../master/rollout/keys.ts';
import { openStore } from '../../../master/store/sqlite.ts';
import type { Store } from '../../../master/store/store.ts';
import { keep, promotionsKept, readKept } from '../../../master/verify/kept.ts';
import { Verifier } from '../../../master/verify/verifier.ts';
import type { Call } from '../../../protocol/messages.ts';
import type { Tested, Verdict } from '../../../protocol/test-schema.ts';
import { realWorld } from '../../../protocol/world.ts';
import { renderDiagnostics } from '../../../states/diagnostics.ts';
import { fault } from '../../../states/faults.ts';
import { parseHostId, type HostId } from '../../../states/ids.ts';
import { loadStates } from '../../../states/load.ts';
import type { InventoryHost } from '../../../states/model.ts';
import { resolveEnvironment } from '../../../states/resolve.ts';
import { reportOf } from '../../minion/samples.ts';
import { filesOf, good } from '../../states/sample.ts';

const hostOf = (name: string, role: string, address = true): InventoryHost => ({
  id: parseHostId(name) ?? ('' as HostId),
  labels: { ring: 'beta', role },
  facts: address ? { address: `10.0.0.${name.slice(-1)}` } : {},
});
const inventory = [
  ...[hostOf('web-1', 'app'), hostOf('web-2', 'app'), hostOf('web-3', 'app')],
  hostOf('game-9', 'game'),
];

const files = filesOf({
  ...good,
  'brine.yaml': `${good['brine.yaml']}tests:
  smoke: { http: "http://\${host.address}:\${service.api.port}/up", on: each-host }
  check: { http: "http://\${host.address}:\${service.api.port}/up" }
  suite: { container: "\${image.api}", targets: role=game, timeout: 5m }
pipeline: { beta: { verify: [smoke, check, suite] } }
`,
});
const loaded = loadStates(files);
if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics, files));
const { states } = loaded;
const digest = `sha256:${'c'.repeat(64)}`;
const resolved = resolveEnvironment(states, {
  ...{ environment: 'beta', inventory, commit: null, digests: new Map([['api', digest]]) },
});
if (!resolved.ok) throw new Error('the sample cannot be resolved');
const { environment } = resolved;

const tested = (verdict: Verdict, more: Partial<Tested> = {}): Tested => ({
  ...{ verdict, detail: `it ${verdict}`, durationMs: 5, exitCode: null, counts: null },
  output: { head: `${verdict}\n`, tail: '', omittedLines: 0, omittedChars: 0 },
  ...more,
});

type Answer = (call: Extract<Call, { verb: 'test' }>, options: CallOptions) => Promise<Tested>;

let dir: string;
let store: Store;
let eventlog: EventLog;
let linked: string[];
let answers: Map<string, Answer>;
let asked: { host: string; call: Extract<Call, { verb: 'test' }>; deadlineMs: number }[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'brine-verify-'));
  store = await openStore(join(dir, 'store.db'));
  eventlog = await EventLog.open(store, realWorld);
  linked = inventory.map(({ id }) => id);
  answers = new Map();
  asked = [];
  for (const { host } of environment.hosts) await converged(host.id);
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true });
});

/** As a rollout leaves a host. */
async function converged(
  host: string,
  more: { health?: 'healthy' | 'unhealthy'; at?: number } = {},
) {
  const state = environment.hosts.find((each) => each.host.id === host)?.state;
  const desire = { generation: 4, mode: 'run', onFailure: 'rollback', state } as const;
  const running = (state?.containers ?? []).map(({ service }) => ({
    ...{ service, slot: 1, container: `${service}-1`, release: '0123abcd', image: 'i' },
    health: more.health ?? ('healthy' as const),
  }));
  const made = { ...desire, good: null, before: null, rollout: 'r1' };
  const type = 'desire';
  const report = reportOf({ type, ...desire, state: state as never }, { running });
  await store.commit(
    [],
    [
      { put: keys.desired('beta', host), value: made },
      {
        put: keys.observed('beta', host),
        value: { seq: 1, report: { ...report, generation: more.at ?? 4 } },
      },
    ],
  );
}

const fleet = {
  connected: () => linked as HostId[],
  call: async (host: string, call: Call, deadlineMs: number, options: CallOptions = {}) => {
    if (call.verb !== 'test') throw new Error('only tests are asked for');
    asked.push({ host, call, deadlineMs });
    const answer = answers.get(host) ?? (async () => tested('passed'));
    return answer(call, options);
  },
} as unknown as Pick<Fleet, 'call' | 'connected'>;

const p7 = parsePromotionId('p7') ?? ('' as PromotionId);

function run(test: string, signal = new AbortController().signal) {
  const { images, release, environment: name } = environment;
  const effect = {
    ...{ key: 'p7.2', environment: name, release, images, promotion: p7, test, timeoutMs: 30_000 },
  };
  const log = pino({ level: 'silent' });
  const verifier = new Verifier({ store, eventlog, fleet, world: realWorld, log });
  return verifier.run({ effect, states, environment }, signal);
}

const hosts = () => asked.map(({ host }) => host);
const lost: Answer = async () => {
  throw fault('HOSTS_MISSING', 'web-1 lost its link: the cable was cut', { where: 'web-1' });
};

describe('a test on each host', () => {
  it('is asked of all that run what it names, each with its own address', async () => {
    const { verdict, evidence: found } = await run('smoke');
    expect(verdict).toBe('passed');
    expect(evidence.parse(found)).toEqual(found);
    expect(hosts().sort()).toEqual(['web-1', 'web-2', 'web-3']);
    expect(
      asked.map(({ call: { request } }) => request.kind === 'http' && request.url).sort(),
    ).toEqual([1, 2, 3].map((n) => `http://10.0.0.${n}:18080/up`));
    expect(new Set(asked.map(({ call }) => call.run)).size).toBe(3);
    expect(asked[0]?.call).toMatchObject({
      ...{ project: 'starfall', environment: 'beta', network: 'starfall-beta', test: 'smoke' },
    });
    expect(asked[0]?.deadlineMs).toBeGreaterThan(30_000);
    expect(found).toMatchObject({
      ...{ detail: 'web-1: it passed (3 hosts)', output: '/v1/promotions/p7/output?test=smoke' },
    });
    const kept = await readKept(store, 'p7', { test: 'smoke' });
    expect(kept.map(({ host }) => host)).toEqual(['web-1', 'web-2', 'web-3']);
  });

  it('says what the worst of them says', async () => {
    answers.set('web-2', async () => tested('failed', { exitCode: 1, detail: 'HTTP 500' }));
    answers.set('web-3', lost);
    const { verdict, evidence: found } = await run('smoke');
    expect(verdict).toBe('failed');
    expect(found).toMatchObject({ host: 'web-2', detail: 'web-2: HTTP 500 (1 of 3 hosts)' });
    answers.delete('web-2');
    expect((await run('smoke')).verdict).toBe('errored');
    answers.set('web-1', async () => tested('inconclusive'));
    expect((await run('smoke')).verdict).toBe('inconclusive');
  });

  it('leaves out a host that the rollout went past, and not one that was just lost', async () => {
    await converged('web-2', { at: 3 });
    expect((await run('smoke')).verdict).toBe('passed');
    expect(hosts()).not.toContain('web-2');
    linked = ['web-1', 'game-9'];
    answers.set('web-3', lost);
    expect((await run('smoke')).verdict).toBe('errored');
  });

  it('adds up what they counted', async () => {
    const counts = { tests: 10, failures: 1, skipped: 2 };
    answers.set('web-1', async () => tested('passed', { counts }));
    answers.set('web-2', async () => tested('passed', { counts }));
    const { evidence: found } = await run('smoke');
    expect(found.counts).toEqual({ tests: 20, failures: 2, skipped: 4 });
  });
});

describe('a test on one host', () => {
  it('is asked of the first that is healthy', async () => {
    await converged('web-1', { health: 'unhealthy' });
    expect(await run('check')).toMatchObject({
      ...{ verdict: 'passed', evidence: { host: 'web-2', detail: 'it passed' } },
    });
    expect(hosts()).toEqual(['web-2']);
  });

  it('goes on to the next where one is lost, and nowhere else where it failed', async () => {
    answers.set('web-1', lost);
    answers.set('web-2', async () => tested('errored', { code: 'DOCKER_DOWN' }));
    answers.set('web-3', async () => tested('failed'));
    expect(await run('check')).toMatchObject({ verdict: 'failed', evidence: { host: 'web-3' } });
    expect(hosts()).toEqual(['web-1', 'web-2', 'web-3']);
    answers.set('web-1', async () => tested('errored', { code: 'IMAGE_NOT_FOUND' }));
    expect((await run('check')).verdict).toBe('errored');
    expect(hosts()).toHaveLength(4);
  });

  it('runs where its targets say, also where nothing of the environment does', async () => {
    expect((await run('suite')).verdict).toBe('passed');
    expect(hosts()).toEqual(['game-9']);
    expect(asked[0]?.call.request).toMatchObject({ kind: 'container', spec: { service: 'suite' } });
  });

  it('could not be made where no host can be asked, and says why', async () => {
    linked = ['game-9'];
    await converged('web-3', { at: 2 });
    const { verdict, evidence: found } = await run('check');
    expect(verdict).toBe('errored');
    expect(found.detail).toBe(
      'no host with api can be asked: web-1 is away, web-2 is away, web-3 is behind',
    );
    expect((await run('none')).evidence.detail).toBe('no test is named none');
  });
});

describe('while it runs', () => {
  it('what it says is told on', async () => {
    const stop = new AbortController();
    const seen: StreamItem[] = [];
    const listening = (async () => {
      for await (const item of eventlog.subscribe({}, 0, stop.signal)) seen.push(item);
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    answers.set('web-1', async (_, { onLines }) => {
      onLines?.(['one', 'two']);
      return tested('passed');
    });
    await run('check');
    await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    await listening;
    expect(seen).toMatchObject([
      {
        ...{ kind: 'output', host: 'web-1', environment: 'beta', promotion: 'p7', test: 'check' },
        lines: ['one', 'two'],
      },
    ]);
  });

  it('it ends with the signal, and leaves no verdict', async () => {
    const stop = new AbortController();
    answers.set('web-1', (_, { signal }) => {
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          reject(new Error('cancelled'));
        });
      });
    });
    const ran = run('check', stop.signal);
    setTimeout(() => {
      stop.abort(new Error('aborted by ann'));
    }, 20);
    await expect(ran).rejects.toThrow('aborted by ann');
    await expect(readKept(store, 'p7')).rejects.toMatchObject({ data: { code: 'UNKNOWN_NAME' } });
  });
});

describe('what is kept', () => {
  const kept = (test: string, host: string) => ({
    ...{ test, host, environment: 'beta', release: '0123abcd', at: 1, tested: tested('passed') },
  });
  const promotion = (n: number): PromotionId => parsePromotionId(`p${n}`) ?? ('' as PromotionId);

  it('is found by promotion, test and host, and by nothing that only begins so', async () => {
    await keep(store, promotion(1), kept('smoke', 'web-1'));
    await keep(store, promotion(1), kept('smoke-2', 'web-1'));
    await keep(store, promotion(10), kept('smoke', 'web-2'));
    await keep(store, promotion(1), { ...kept('smoke', 'web-1'), at: 2 });
    expect(await readKept(store, 'p1')).toHaveLength(2);
    expect(await readKept(store, 'p1', { test: 'smoke' })).toEqual([
      { ...kept('smoke', 'web-1'), at: 2 },
    ]);
    await expect(readKept(store, 'p1', { host: 'web-2' })).rejects.toThrow('on web-2');
  });

  it('goes with time, the oldest promotions first', async () => {
    for (const n of [1, 2, 3]) await keep(store, promotion(n), kept('smoke', 'web-1'));
    await keep(store, promotion(promotionsKept + 2), kept('smoke', 'web-1'));
    const left = await store.range('evidence/');
    expect(left.map(({ key }) => Number(key.split('/')[1]))).toEqual([3, promotionsKept + 2]);
  });
});
