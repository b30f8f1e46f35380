// A real Engine that tells what happens, goes away and comes back.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../minion/engine/docker.ts';
import type { EngineEvent } from '../../minion/engine/engine.ts';
import { until } from '../e2e/product.ts';
import { specOf } from '../minion/engine/specs.ts';
import { name, network, OneHost, shell } from './one-host.ts';

let one: OneHost;
beforeAll(async () => {
  one = await OneHost.start();
});
afterAll(() => one?.close());
afterEach(() => one.removeAll());

const down = (message: string) => ({
  data: { code: 'DOCKER_DOWN', message: expect.stringContaining(message) as string },
});

/** Reads until it ends; what it ended with stands in `end`. */
function watch(signal: AbortSignal) {
  const events: EngineEvent[] = [];
  const stream = one.engine.events(signal);
  const end = (async (): Promise<unknown> => {
    try {
      for await (const event of stream) if (one.host.owns(event)) events.push(event);
      return 'by itself';
    } catch (error) {
      return error;
    }
  })();
  return { events, end };
}

describe('events', () => {
  it('tell a container’s life, and end when they are no longer wanted', async () => {
    const stop = new AbortController();
    const { events, end } = watch(stop.signal);
    const labels = { 'brine.env': 'beta' };
    const spec = specOf({ image: one.image, ...shell('exit 3') });
    await one.engine.create({ name, spec, labels, network });
    await one.engine.start(name);
    await one.host.docker('wait', name);
    await one.engine.rename(name, 'renamed');
    await one.engine.remove('renamed');
    await until('it is told', async () => events.some(({ action }) => action === 'destroy'));
    stop.abort();
    expect(await end).toBe('by itself');
    const own = events.filter(({ type }) => type === 'container');
    expect(own.map(({ action }) => action)).toEqual([
      'create',
      'start',
      'die',
      'rename',
      'destroy',
    ]);
    expect(new Set(own.map(({ id }) => id)).size).toBe(1);
    expect(own.map((event) => event.name)).toEqual([name, name, name, 'renamed', 'renamed']);
    expect(own[2]?.labels).toMatchObject({ ...labels, exitCode: '3' });
  });

  it('miss nothing that happens between the call and the first look', async () => {
    const stop = new AbortController();
    const stream = one.engine.events(stop.signal);
    await one.create();
    await new Promise((resolve) => setTimeout(resolve, 300));
    for await (const event of stream) {
      if (!one.host.owns(event)) continue;
      expect(event).toMatchObject({ type: 'container', action: 'create', name });
      break;
    }
    stop.abort();
  });

  it('say nothing of commands that are run inside', async () => {
    const stop = new AbortController();
    await one.run();
    const { events } = watch(stop.signal);
    await one.engine.exec(name, ['/bin/sh', '-c', 'true'], { timeoutMs: 10_000 });
    await one.engine.createVolume('starfall-told', {});
    await until('the volume is told', async () => events.length > 0);
    stop.abort();
    expect(events).toMatchObject([{ type: 'volume', action: 'create', name: 'starfall-told' }]);
    await one.host.docker('volume', 'rm', 'starfall-told');
  });

  it('were never wanted', async () => {
    expect(await watch(AbortSignal.abort()).end).toBe('by itself');
  });
});

describe('an Engine that goes away', () => {
  it('is told at once, by every call and by the events, and is used again when it is back', async (test) => {
    const host = one.own(test);
    await one.run();
    const { end } = watch(new AbortController().signal);
    await one.engine.containers();
    await host.killDocker();
    expect(await end).toMatchObject(down('went away'));
    await expect(one.engine.containers()).rejects.toMatchObject(
      down('no Docker Engine listens at'),
    );
    await expect(one.engine.start(name)).rejects.toMatchObject(down('no Docker Engine listens at'));
    await expect(one.engine.pull({ ...one.image })).rejects.toMatchObject(down('no Docker'));
    expect(await watch(new AbortController().signal).end).toMatchObject(down('no Docker'));
    await host.startDocker();
    expect((await one.engine.containers()).map((each) => each.name)).toEqual([name]);
    await one.engine.start(name);
  });

  it('does so in the middle of a stop', async (test) => {
    const host = one.own(test);
    await one.run(shell("trap '' TERM; while :; do busybox sleep 0.1; done"));
    const stopping = expect(one.engine.stop(name, 60_000)).rejects.toMatchObject(
      down('broke the connection off'),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    await host.killDocker();
    await stopping;
    await host.startDocker();
  });

  it('was never there', async () => {
    const nowhere = await openEngine({ host: 'unix:///nowhere/docker.sock' });
    await expect(nowhere.info()).rejects.toMatchObject(
      down('there is no Docker Engine at unix:///nowhere/docker.sock'),
    );
    await expect(openEngine({ host: 'ssh://ann@example.com' })).rejects.toMatchObject({
      data: { code: 'BAD_USAGE' },
    });
  });
});
