// What goes, and what is kept for going back.

import { describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../../states/model.ts';
import type { ObservedContainer } from '../../../states/observed.ts';
import { plan } from '../../../states/plan.ts';
import { image, port, service, spec, state } from '../fixture.ts';
import { called, free1, free2, host, line, lines, made, v1, v2, v3 } from './fixture.ts';

describe('the plan of what is no longer wanted', () => {
  it('stops and removes services and slots after all others are healthy', () => {
    const second = called('api-slot-2', spec({ slot: 2 }));
    const observed = host(made(v1), made(second), made(free1), made(free2, { status: 'exited' }));
    const planned = plan(state(v2), observed);
    expect(planned.steps.map(line).slice(-7)).toEqual([
      'start api-2: in place of the old one',
      'await-healthy api-2: just started',
      'stop api-slot-2: no longer in the state',
      'remove api-slot-2: no longer in the state',
      'stop free-1: no longer in the state',
      'remove free-1: no longer in the state',
      'remove free-2: no longer in the state',
    ]);
    expect(planned.switches.slice(1)).toEqual([
      { service: 'api', slot: 2, order: 'removal', gapMs: 0 },
      { service: 'free', slot: 1, order: 'removal', gapMs: 0 },
    ]);
  });

  it('gives what goes the time that it was made with, not a default', () => {
    const observed = host(made(free1, { stopTimeoutMs: 120_000 }));
    const stops = plan(state(v1), observed).steps.filter((step) => step.do === 'stop');
    expect(stops).toMatchObject([{ service: 'free', timeoutMs: 120_000 }]);
  });

  it('takes everything of an environment that is empty now, and its network last', () => {
    const observed = host(made(v1), made(v2, { status: 'exited' }), made(free1));
    expect(lines(state(), observed)).toEqual([
      'stop api-1: no longer in the state',
      'remove api-1: no longer in the state',
      'remove api-2: no longer in the state',
      'stop free-1: no longer in the state',
      'remove free-1: no longer in the state',
      'remove-network starfall-beta: nothing is left in it',
    ]);
  });

  it('stops a service early whose port another one takes over', () => {
    const taker = called('taker', spec({ service: service('web'), ports: [port(80)] }));
    const observed = host(made(v1));
    expect(lines(state(taker), observed)).toEqual([
      'create taker: not there yet',
      'stop api-1: no longer in the state, and web needs its port 80/tcp',
      'start taker: nothing runs in its place',
      'await-healthy taker: just started',
      'remove api-1: no longer in the state',
    ]);
  });
});

describe('the plan of predecessors', () => {
  const stopped = (one: ContainerSpec, createdAt: number, stoppedAt?: number): ObservedContainer =>
    made(one, { status: 'exited', createdAt, ...(stoppedAt === undefined ? {} : { stoppedAt }) });

  it.each([
    [3, []],
    [2, []],
    [1, ['remove api-2: only the latest is kept for going back']],
    [0, ['remove api-2: none is kept for going back', 'remove api-3: none is kept for going back']],
  ])('keeps the latest %d, and removes the oldest first', (retain, expected) => {
    const observed = host(made(v1, { createdAt: 9 }), stopped(v3, 3), stopped(v2, 2));
    expect(lines(state({ ...v1, retain }), observed)).toEqual(expected);
  });

  it('keeps the one that is stopped just now before any other', () => {
    const observed = host(made(v1, { createdAt: 1 }), stopped(v3, 3));
    const removed = lines(state({ ...v2, retain: 1 }), observed).filter((each) =>
      each.startsWith('remove'),
    );
    expect(removed).toEqual(['remove api-3: only the latest is kept for going back']);
  });

  it('goes by when they ended where that is known', () => {
    const observed = host(made(v1, { createdAt: 9 }), stopped(v3, 3, 5), stopped(v2, 2, 8));
    expect(lines(state({ ...v1, retain: 1 }), observed)).toEqual([
      'remove api-3: only the latest is kept for going back',
    ]);
  });

  it('removes what cannot be gone back to, and does not count it', () => {
    const observed = host(
      made(v1),
      made(v2, { status: 'created', createdAt: 5 }),
      made(v3, { status: 'dead', createdAt: 6 }),
      stopped(called('api-4', spec({ image: image('api', 4) })), 1),
    );
    expect(lines(state({ ...v1, retain: 1 }), observed)).toEqual([
      'remove api-2: it never ran, and is not wanted now',
      'remove api-3: dead',
    ]);
  });
});
