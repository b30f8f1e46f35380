// What is said of a container in service by the answers of its probe: one no is not its end.

import { afterEach, expect, it } from 'vitest';
import type { Engine, EngineContainer } from '../../../minion/engine/engine.ts';
import { HealthBook } from '../../../minion/health/health.ts';
import { realWorld } from '../../../protocol/world.ts';
import { beta, specOf } from '../samples.ts';

const timing = { intervalMs: 60_000, timeoutMs: 500, startMs: 0, retries: 3 };
const spec = specOf('api', { healthcheck: { kind: 'http', port: 8080, path: '/up', ...timing } });
const watched = { name: 'starfall-beta-api-1', spec, network: 'starfall-beta' };
const container = { name: watched.name, health: 'none' } as EngineContainer;

let book: HealthBook;
afterEach(() => book.close());

it('is unhealthy after `retries` noes in a row, is told so once, and never by fewer', async () => {
  const told: string[] = [];
  const engine = { inspect: async () => undefined } as unknown as Engine;
  book = new HealthBook({
    ...{ engine, world: realWorld },
    onUnhealthy: (environment, { name }, words) =>
      void told.push(`${environment} ${name} ${words}`),
  });
  book.watch(beta, [watched]);
  const health = () => book.of(container, watched);
  const say = async (...answers: readonly boolean[]) => {
    for (const ok of answers) book.note(beta, watched, { ok, words: ok ? '200' : '503' });
    return health();
  };
  expect(await say(true)).toBe('healthy');
  expect(await say(false, false)).toBe('healthy');
  expect(await say(true, false, false)).toBe('healthy');
  expect(told).toEqual([]);
  expect(await say(false)).toBe('unhealthy');
  expect(await say(false)).toBe('unhealthy');
  expect(told).toEqual([`beta ${watched.name} 503`]);
  expect(await say(true)).toBe('healthy');
});
