// A look at the host that fails in the middle: what was to be told is told after the next one.

import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import type { Engine, EngineContainer } from '../../../minion/engine/engine.ts';
import { HealthBook } from '../../../minion/health/health.ts';
import { Repairer, type Drifted } from '../../../minion/keep/repairer.ts';
import { realWorld } from '../../../protocol/world.ts';
import { fault } from '../../../states/faults.ts';
import { containerName, labelsOf } from '../../../states/naming.ts';
import { until } from '../../e2e/product.ts';
import { beta, desireOf, openPolicy, specOf, stateOf } from '../samples.ts';

const timing = { intervalMs: 1_000, timeoutMs: 500, startMs: 10_000, retries: 3 };
const spec = specOf('api', { healthcheck: { kind: 'none', ...timing } });
const state = stateOf(beta, [spec]);
const container = containerName({ ...state, spec });
const listed: EngineContainer = {
  ...{ id: '1', name: container, labels: labelsOf(state, spec), status: 'running' },
  ...{ health: 'none', imageId: 'sha256:1', hostPorts: [], createdAt: 1 },
  networks: [state.network],
  addresses: { [state.network]: '172.18.0.2' },
};
const { repository, digest } = spec.image;

let repairer: Repairer | undefined;
let health: HealthBook | undefined;
afterEach(async () => {
  await repairer?.rest();
  await health?.close();
});

/** Everything runs as it should; the first looks at it fail. */
function start(failing: number) {
  const drifts: Drifted[] = [];
  let looks = 0;
  const engine = {
    containers: async () => {
      looks += 1;
      if (looks <= failing) throw fault('DOCKER_ERROR', 'the list cannot be read');
      return [listed];
    },
    images: async () => [{ id: 'sha256:1', digests: [`${repository}@${digest}`] }],
    networks: async () => [state.network],
    volumes: async () => [],
  } as unknown as Engine;
  health = new HealthBook({ engine, world: realWorld, onUnhealthy: () => undefined });
  repairer = new Repairer({
    ...{ engine, health, world: realWorld, policy: openPolicy, log: pino({ level: 'silent' }) },
    held: () => ({ desire: desireOf(beta, 1, { state }), leave: new Set<string>() }),
    onDrift: async (_, drift) => void drifts.push(drift),
  });
  repairer.begin(3_600_000);
  return { repairer, drifts, looks: () => looks };
}

const changed = (what: string) => ({ service: 'api', container, what });

it('tells what was seen before a look that failed', async () => {
  const { repairer, drifts, looks } = start(1);
  repairer.poke(changed('it ended with exit code 137'), 0);
  await until('it was looked in vain', async () => looks() === 1);
  expect(drifts).toEqual([]);
  repairer.poke(undefined, 0);
  await until('it is told', async () => drifts.length > 0);
  const what = 'it ended with exit code 137; it runs again';
  expect(drifts).toEqual([{ service: 'api', container, what, action: 'repaired' }]);
});

it('tells the newest of what was seen meanwhile, once', async () => {
  const { repairer, drifts, looks } = start(2);
  repairer.poke(changed('it was paused'), 0);
  await until('it was looked in vain', async () => looks() === 1);
  repairer.poke(changed('it was stopped'), 0);
  await until('it was looked in vain again', async () => looks() === 2);
  repairer.poke(undefined, 0);
  await until('it is told', async () => drifts.length > 0);
  repairer.poke(undefined, 0);
  await until('it is looked at once more', async () => looks() === 4);
  expect(drifts.map(({ what }) => what)).toEqual(['it was stopped; it runs again']);
});
