// What makes a plan impossible.

import { describe, expect, it } from 'vitest';
import type { Observed } from '../../../states/observed.ts';
import { plan } from '../../../states/plan.ts';
import { port, service, spec, state } from '../fixture.ts';
import { host, made, nameOf, nothing, v1 } from './fixture.ts';

describe('the problems of a plan', () => {
  const taken = (number: number): Observed['taken'] => [
    { container: 'nginx', address: '0.0.0.0', port: number, protocol: 'tcp' },
  ];

  it('name who holds a port that is needed', () => {
    const planned = plan(state(v1), { ...nothing, taken: taken(80) });
    expect(planned.problems).toEqual([
      {
        code: 'PORT_TAKEN',
        service: 'api',
        message: 'port 80/tcp is held by the container "nginx"',
      },
    ]);
    expect(plan(state(v1), { ...nothing, taken: taken(81) }).problems).toEqual([]);
  });

  it('are not what a running container has already', () => {
    expect(plan(state(v1), { ...host(made(v1)), taken: taken(80) }).problems).toEqual([]);
    const stopped = { ...host(made(v1, { status: 'exited' })), taken: taken(80) };
    expect(plan(state(v1), stopped).problems).toHaveLength(1);
  });

  it('name the name that a stranger has', () => {
    const planned = plan(state(v1), { ...nothing, foreignNames: [nameOf(v1)] });
    expect(planned.problems).toEqual([
      {
        code: 'NAME_TAKEN',
        service: 'api',
        message: `the name "${nameOf(v1)}" belongs to a container that is not ours`,
      },
    ]);
  });

  it('hold two that want the same port', () => {
    const other = spec({ service: service('web'), ports: [{ ...port(80), address: '10.0.0.1' }] });
    expect(plan(state(v1, other), nothing).problems).toEqual([
      { code: 'PORT_TAKEN', service: 'web', message: 'port 80/tcp is wanted by api too' },
    ]);
  });
});
