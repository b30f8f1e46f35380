// Which service is switched when, and which together.

import { describe, expect, it } from 'vitest';
import type { ContainerSpec, HostState } from '../../../states/model.ts';
import { plan } from '../../../states/plan.ts';
import { image, port, service, spec, state } from '../fixture.ts';
import { called, host, line, lines, made, nothing, v1, v2 } from './fixture.ts';

describe('the order of a plan', () => {
  const withNeeds = (name: string, ...needs: readonly string[]): ContainerSpec =>
    called(name, spec({ service: service(name), needs: needs.map(service) }));

  const starts = (desired: HostState): readonly string[] =>
    lines(desired, nothing)
      .filter((each) => each.startsWith('start'))
      .map((each) => each.replace(/^start (.*):.*$/, '$1'));

  it('is that of the state, but what is needed comes first', () => {
    const specs = [withNeeds('a', 'c'), withNeeds('b'), withNeeds('c', 'd'), withNeeds('d')];
    expect(starts(state(...specs))).toEqual(['d', 'c', 'a', 'b']);
  });

  it('ends where needs go in a circle or to what is not on this host', () => {
    const specs = [withNeeds('a', 'b'), withNeeds('b', 'a'), withNeeds('c', 'elsewhere', 'c')];
    expect(starts(state(...specs))).toEqual(['b', 'a', 'c']);
  });

  it('waits for the health of what is needed before the next is stopped', () => {
    const a1 = called(
      'a-1',
      spec({ service: service('a'), ports: [port(81)], needs: [v1.service] }),
    );
    const a2 = called('a-2', { ...a1, image: image('api', 2) });
    expect(lines(state(a2, v2), host(made(a1), made(v1))).slice(1)).toEqual([
      'create api-2: its image changed, to 1.2.0',
      'create a-2: its image changed, to 1.2.0',
      'stop api-1: api needs its port 80/tcp',
      'start api-2: in place of the old one',
      'await-healthy api-2: just started',
      'stop a-1: a needs its port 81/tcp',
      'start a-2: in place of the old one',
      'await-healthy a-2: just started',
    ]);
  });

  it('switches services together that swap their ports, so that none waits for the other', () => {
    const at = (name: string, number: number): ContainerSpec =>
      called(`${name}-at-${number}`, spec({ service: service(name), ports: [port(number)] }));
    const desired = state(at('a', 81), at('between', 90), at('b', 80));
    const planned = plan(
      desired,
      host(made(at('a', 80)), made(at('between', 91)), made(at('b', 81))),
    );
    expect(planned.steps.map(line)).toEqual([
      'create a-at-81: its settings changed',
      'create between-at-90: its settings changed',
      'create b-at-80: its settings changed',
      'stop a-at-80: b needs its port 80/tcp',
      'stop b-at-81: a needs its port 81/tcp',
      'start a-at-81: in place of the old one',
      'start between-at-90: beside the old one',
      'start b-at-80: in place of the old one',
      'await-healthy a-at-81: just started',
      'await-healthy between-at-90: just started',
      'await-healthy b-at-80: just started',
      'stop between-at-91: the new one is healthy',
    ]);
    expect(planned.switches).toEqual([
      { service: 'a', slot: 1, order: 'stop-first', gapMs: 1_250 },
      { service: 'between', slot: 1, order: 'start-first', gapMs: 0 },
      { service: 'b', slot: 1, order: 'stop-first', gapMs: 1_250 },
    ]);
  });

  it('lets a service take over a port that another one leaves', () => {
    const leaving = called('leaving', spec({ service: service('b'), ports: [port(90)] }));
    const left = called('left', spec({ service: service('b'), ports: [port(91)] }));
    const taker = called('taking', spec({ service: service('a'), ports: [port(90)] }));
    expect(lines(state(taker, left), host(made(leaving)))).toEqual([
      'create taking: not there yet',
      'create left: its settings changed',
      'stop leaving: a needs its port 90/tcp',
      'start taking: nothing runs in its place',
      'start left: in place of the old one',
      'await-healthy taking: just started',
      'await-healthy left: just started',
    ]);
  });

  it('treats each slot of a service by itself', () => {
    const slot = (n: number, version: number): ContainerSpec =>
      called(`slot-${n}-${version}`, spec({ slot: n, image: image('api', version) }));
    const observed = host(made(slot(1, 2)), made(slot(2, 1)));
    expect(lines(state(slot(1, 2), slot(2, 2), slot(3, 2)), observed)).toEqual([
      'create slot-2-2: its image changed, to 1.2.0',
      'create slot-3-2: not there yet',
      'start slot-2-2: beside the old one',
      'await-healthy slot-2-2: just started',
      'stop slot-2-1: the new one is healthy',
      'start slot-3-2: nothing runs in its place',
      'await-healthy slot-3-2: just started',
    ]);
  });
});
