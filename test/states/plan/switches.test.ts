// From nothing, and from one version to the next: what is done, in which order, and why.

import { describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../../states/model.ts';
import { plan } from '../../../states/plan.ts';
import { image, port, service, spec, state } from '../fixture.ts';
import { called, free1, free2, host, line, lines, made, nothing, v1, v2 } from './fixture.ts';

describe('the plan of an empty host', () => {
  it('makes everything from nothing', () => {
    const cache = { type: 'volume', source: 'starfall-beta-cache', target: '/c', readOnly: false };
    const bound = { type: 'bind', source: '/srv', target: '/srv', readOnly: true };
    const web = called(
      'web-1',
      spec({ service: service('web'), mounts: [cache, bound] as ContainerSpec['mounts'] }),
    );
    const planned = plan(state(v1, web), nothing);
    expect(planned.steps.map(line)).toEqual([
      'create-network starfall-beta: not there yet',
      'create-volume starfall-beta-cache: not there yet',
      'pull api 1.1.0: not on this host yet',
      'create api-1: not there yet',
      'create web-1: not there yet',
      'start api-1: nothing runs in its place',
      'await-healthy api-1: just started',
      'start web-1: nothing runs in its place',
      'await-healthy web-1: just started',
    ]);
    expect(planned.switches).toEqual([
      { service: 'api', slot: 1, order: 'first-start', gapMs: 0 },
      { service: 'web', slot: 1, order: 'first-start', gapMs: 0 },
    ]);
    expect(planned.problems).toEqual([]);
  });

  it('is empty where nothing is wanted', () => {
    expect(plan(state(), nothing)).toEqual({ steps: [], switches: [], problems: [] });
  });
});

describe('the plan of a host in sync', () => {
  it('is empty', () => {
    const observed = host(made(v1), made(free1), made(v2, { status: 'exited' }));
    expect(plan(state(v1, free1), observed)).toEqual({ steps: [], switches: [], problems: [] });
  });

  it('is empty where only what needs no new container is different', () => {
    const tagged = { ...v1, image: { ...v1.image, tag: 'latest' }, minHealthyMs: 1, retain: 0 };
    expect(plan(state(tagged), host(made(v1))).steps).toEqual([]);
  });

  it.each(['starting', 'unknown'] as const)('only waits for one that is %s', (health) => {
    expect(lines(state(v1), host(made(v1, { health })))).toEqual([
      'await-healthy api-1: not healthy yet',
    ]);
    expect(plan(state(v1), host(made(v1, { health }))).switches).toEqual([]);
  });

  it('fetches an image that was removed under a running container', () => {
    expect(lines(state(v1), { ...host(made(v1)), images: [] })).toEqual([
      'pull api 1.1.0: not on this host yet',
    ]);
  });
});

describe('the plan of an upgrade', () => {
  it('stops the old one first where the new one needs its port, everything else before', () => {
    const planned = plan(state(v2), host(made(v1)));
    expect(planned.steps.map(line)).toEqual([
      'pull api 1.2.0: not on this host yet',
      'create api-2: its image changed, to 1.2.0',
      'stop api-1: api needs its port 80/tcp',
      'start api-2: in place of the old one',
      'await-healthy api-2: just started',
    ]);
    expect(planned.switches).toEqual([
      { service: 'api', slot: 1, order: 'stop-first', gapMs: 650 },
    ]);
    expect(planned.steps[2]).toMatchObject({ service: 'api', timeoutMs: 30_000 });
  });

  it('starts the new one first where no port clashes', () => {
    const planned = plan(state(free2), host(made(free1)));
    expect(planned.steps.map(line)).toEqual([
      'pull api 1.2.0: not on this host yet',
      'create free-2: its image changed, to 1.2.0',
      'start free-2: beside the old one',
      'await-healthy free-2: just started',
      'stop free-1: the new one is healthy',
    ]);
    expect(planned.switches).toEqual([
      { service: 'free', slot: 1, order: 'start-first', gapMs: 0 },
    ]);
  });

  it('starts the new one first where it moves to another port, address or protocol', () => {
    for (const moved of [port(81), { ...port(80), protocol: 'udp' as const }]) {
      const next = spec({ ports: [moved] });
      expect(plan(state(next), host(made(v1))).switches).toMatchObject([{ order: 'start-first' }]);
    }
    const here = spec({ ports: [{ ...port(80), address: '10.0.0.1' }] });
    const there = spec({ ports: [{ ...port(80), address: '10.0.0.2' }] });
    expect(plan(state(there), host(made(here))).switches).toMatchObject([{ order: 'start-first' }]);
    expect(plan(state(v1), host(made(here))).switches).toMatchObject([{ order: 'stop-first' }]);
  });

  it('says what changed as far as the host knows', () => {
    const changed = called('changed', spec({ ports: [port(80)], env: { A: '1' } }));
    expect(lines(state(changed), host(made(v1)))).toContain('create changed: its settings changed');
    const unknown = host(made(v1, { image: '' }));
    expect(lines(state(changed), unknown)).toContain('create changed: its spec changed');
  });

  it('goes back by starting what is there, without a pull or a create', () => {
    const observed = host(made(v2), made(v1, { status: 'exited' }));
    expect(lines(state(v1), observed)).toEqual([
      'stop api-2: api needs its port 80/tcp',
      'start api-1: stopped, kept from before',
      'await-healthy api-1: just started',
    ]);
  });

  it('goes on where it was left: created, started, not yet stopped', () => {
    expect(lines(state(v2), host(made(v1), made(v2, { status: 'created' })))).toEqual([
      'stop api-1: api needs its port 80/tcp',
      'start api-2: created, but never started',
      'await-healthy api-2: just started',
    ]);
    const both = host(made(free1), made(free2, { health: 'starting' }));
    expect(lines(state(free2), both)).toEqual([
      'await-healthy free-2: not healthy yet',
      'stop free-1: the new one is healthy',
    ]);
    expect(plan(state(free2), host(made(free1), made(free2)))).toMatchObject({
      steps: [{ do: 'stop' }],
      switches: [{ service: 'free', order: 'start-first', gapMs: 0 }],
    });
  });

  it('stops the old one first where two would write the same files', () => {
    const volume = { type: 'volume', source: 'data', target: '/data', readOnly: false } as const;
    const bind = { ...volume, type: 'bind', source: '/srv/data' } as const;
    for (const mount of [volume, bind]) {
      const old = called('old', spec({ mounts: [mount] }));
      const next = called('next', spec({ mounts: [mount], image: image('api', 2) }));
      const observed = { ...host(made(old)), volumes: ['data'] };
      const planned = plan(state(next), observed);
      expect(planned.steps.map(line).slice(2, 4)).toEqual([
        `stop old: two would write ${mount.source}`,
        'start next: in place of the old one',
      ]);
      expect(planned.switches).toMatchObject([{ order: 'stop-first', gapMs: 650 }]);
      // It runs already: the old one may go on until the new one is healthy.
      const both = { ...observed, ...host(made(old), made(next, { health: 'starting' })) };
      expect(lines(state(next), { ...both, volumes: ['data'] })).toEqual([
        'await-healthy next: not healthy yet',
        'stop old: the new one is healthy',
      ]);
      const asked = { ...next, order: 'start-first' } as const;
      expect(plan(state(asked), observed).switches).toMatchObject([{ order: 'start-first' }]);
      const read = { ...next, mounts: [{ ...mount, readOnly: true }] };
      expect(plan(state(read), observed).switches).toMatchObject([{ order: 'start-first' }]);
    }
  });

  it('keeps to the order that is asked for, but never two on one port', () => {
    const stopping = { ...free2, order: 'stop-first' } as const;
    expect(lines(state(stopping), host(made(free1)))).toContain(
      'stop free-1: its order is stop-first',
    );
    expect(plan(state(stopping), host(made(free1))).switches).toMatchObject([
      { order: 'stop-first', gapMs: 650 },
    ]);
    const starting = { ...v2, order: 'start-first' } as const;
    expect(plan(state(starting), host(made(v1))).switches).toMatchObject([{ order: 'stop-first' }]);
    // The order is no part of what the container is.
    expect(lines(state({ ...v1, order: 'stop-first' }), host(made(v1)))).toEqual([]);
  });

  it('stops an old one first that runs but serves nobody', () => {
    const restarting = host(made(free1, { status: 'restarting' }));
    expect(lines(state(free2), restarting)).toEqual([
      'pull api 1.2.0: not on this host yet',
      'create free-2: its image changed, to 1.2.0',
      'stop free-1: it ends again and again, and is replaced',
      'start free-2: in place of the old one',
      'await-healthy free-2: just started',
    ]);
    const paused = host(made(free1, { status: 'paused' }));
    expect(lines(state(free2), paused)).toContain('stop free-1: paused, and replaced');
  });
});
