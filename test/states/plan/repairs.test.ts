// What was changed behind our back is put right.

import { describe, expect, it } from 'vitest';
import type { ObservedContainer } from '../../../states/observed.ts';
import { plan } from '../../../states/plan.ts';
import { state } from '../fixture.ts';
import { called, host, lines, made, v1, v2 } from './fixture.ts';

describe('the plan of a host that something happened to', () => {
  it.each<[Partial<ObservedContainer>, readonly string[]]>([
    [{ status: 'exited' }, ['start api-1: stopped', 'await-healthy api-1: just started']],
    [
      { status: 'created' },
      ['start api-1: created, but never started', 'await-healthy api-1: just started'],
    ],
    [{ health: 'unhealthy' }, ['restart api-1: unhealthy', 'await-healthy api-1: just restarted']],
    [{ status: 'paused' }, ['restart api-1: paused', 'await-healthy api-1: just restarted']],
    [
      { status: 'restarting' },
      ['restart api-1: it ends again and again', 'await-healthy api-1: just restarted'],
    ],
    [
      { status: 'dead' },
      [
        'remove api-1: dead, so it is made anew',
        'create api-1: made anew',
        'start api-1: nothing runs in its place',
        'await-healthy api-1: just started',
      ],
    ],
    [
      { status: 'removing' },
      [
        'remove api-1: half removed, so it is made anew',
        'create api-1: made anew',
        'start api-1: nothing runs in its place',
        'await-healthy api-1: just started',
      ],
    ],
    [
      { detached: true },
      [
        'stop api-1: it runs without its network, so it is made anew',
        'remove api-1: it runs without its network, so it is made anew',
        'create api-1: made anew',
        'start api-1: nothing runs in its place',
        'await-healthy api-1: just started',
      ],
    ],
    [
      { spec: 'something else' },
      [
        'stop api-1: its labels are not those of its name, so it is made anew',
        'remove api-1: its labels are not those of its name, so it is made anew',
        'create api-1: made anew',
        'start api-1: nothing runs in its place',
        'await-healthy api-1: just started',
      ],
    ],
  ])('puts right one that is %o', (more, expected) => {
    expect(lines(state(v1), host(made(v1, more)))).toEqual(expected);
  });

  it('makes a stopped one anew whose network was removed', () => {
    const observed = { ...host(made(v1, { status: 'exited' })), networks: [] };
    expect(lines(state(v1), observed)).toEqual([
      'remove api-1: its network was removed, so it cannot start',
      'create-network starfall-beta: not there yet',
      'create api-1: not there yet',
      'start api-1: nothing runs in its place',
      'await-healthy api-1: just started',
    ]);
    const predecessor = host(made(v1), made(v2, { status: 'exited' }));
    expect(lines(state(v1), { ...predecessor, networks: [] })).toEqual([
      'remove api-2: its network was removed, so it cannot start',
      'create-network starfall-beta: not there yet',
    ]);
  });

  it('looks at all networks that one is in, and makes those that are missing', () => {
    const networks = ['starfall-beta', 'starfall-beta_players'];
    const joined = called('api-joined', {
      ...v1,
      networks: networks.map((network) => ({ network, aliases: ['api'] })),
    });
    const stopped = made(joined, { status: 'exited', networks });
    expect(lines(state(joined), host(stopped))[0]).toBe(
      'remove api-joined: its network was removed, so it cannot start',
    );
    expect(lines(state(joined), host(stopped))[1]).toBe(
      'create-network starfall-beta_players: not there yet',
    );
    const there = { ...host(stopped), networks };
    expect(lines(state(joined), there)[0]).toBe('start api-joined: stopped');
  });

  it('leaves a network of its own alone when nothing is in it any more', () => {
    const observed = { ...host(), networks: ['starfall-beta_players'] };
    expect(lines(state(), observed)).toEqual([]);
  });

  it('starts one that never ran also in a network that is new', () => {
    const observed = { ...host(made(v1, { status: 'created' })), networks: [] };
    expect(lines(state(v1), observed)).toEqual([
      'create-network starfall-beta: not there yet',
      'start api-1: created, but never started',
      'await-healthy api-1: just started',
    ]);
  });

  it('predicts the gap of a restart, and that a stopped one has none', () => {
    const unhealthy = plan(state(v1), host(made(v1, { health: 'unhealthy' })));
    expect(unhealthy.switches).toMatchObject([{ order: 'stop-first', gapMs: 650 }]);
    const stopped = plan(state(v1), host(made(v1, { status: 'exited' })));
    expect(stopped.switches).toMatchObject([{ order: 'first-start', gapMs: 0 }]);
  });

  it('replaces one that was renamed, by the name that says what it is', () => {
    const observed = host(made(v1, { name: 'renamed' }));
    expect(lines(state(v1), observed)).toEqual([
      'create api-1: its settings changed',
      'stop renamed: api needs its port 80/tcp',
      'start api-1: in place of the old one',
      'await-healthy api-1: just started',
    ]);
  });
});
