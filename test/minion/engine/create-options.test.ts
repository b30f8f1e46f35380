import { describe, expect, it } from 'vitest';
import { createBody, wholeSeconds } from '../../../minion/engine/create-options.ts';
import type { ContainerSpec } from '../../../states/model.ts';
import { image, specOf, timing } from './specs.ts';

const bodyOf = (more: Partial<ContainerSpec> = {}) =>
  createBody({
    name: 'starfall-beta-api-1-0a1b2c3d',
    spec: specOf(more),
    labels: { 'brine.project': 'starfall' },
    network: 'starfall-beta',
  });

describe('the body that makes a container', () => {
  it('says what every one has, and leaves the rest to the image', () => {
    expect(bodyOf()).toEqual({
      Image: `registry.example.com/api@${image.digest}`,
      Env: [],
      Labels: { 'brine.project': 'starfall' },
      Healthcheck: { Test: ['NONE'] },
      StopSignal: 'SIGTERM',
      StopTimeout: 10,
      ExposedPorts: {},
      HostConfig: {
        NetworkMode: 'starfall-beta',
        PortBindings: {},
        Mounts: [],
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      },
      NetworkingConfig: { EndpointsConfig: { 'starfall-beta': { Aliases: ['api'] } } },
    });
  });

  it('is in the first of its networks under all names that it has there', () => {
    const body = bodyOf({
      networks: [
        { network: 'starfall-beta', aliases: ['api', 'lobby'] },
        { network: 'starfall-beta_players', aliases: ['api'] },
      ],
    });
    expect(body.NetworkingConfig.EndpointsConfig).toEqual({
      'starfall-beta': { Aliases: ['api', 'lobby'] },
    });
  });

  it('has the image’s own check only where that is the one asked for', () => {
    expect(bodyOf({ healthcheck: { kind: 'image', ...timing } })).not.toHaveProperty('Healthcheck');
    const probes: ContainerSpec['healthcheck'][] = [
      { kind: 'http', port: 8080, path: '/up', ...timing },
      { kind: 'tcp', port: 8080, ...timing },
      { kind: 'exec', command: ['check'], ...timing },
    ];
    for (const healthcheck of probes) {
      expect(bodyOf({ healthcheck }).Healthcheck).toEqual({ Test: ['NONE'] });
    }
  });

  it('gathers the bindings of one port of the container', () => {
    const port = { container: 8080, protocol: 'tcp' } as const;
    const ports = [
      { ...port, address: '127.0.0.1', host: 8001 },
      { ...port, address: '::1', host: 8002 },
      { ...port, address: '0.0.0.0', host: 8003, protocol: 'udp' } as const,
    ];
    const { ExposedPorts, HostConfig } = bodyOf({ ports });
    expect(ExposedPorts).toEqual({ '8080/tcp': {}, '8080/udp': {} });
    expect(HostConfig.PortBindings).toEqual({
      '8080/tcp': [
        { HostIp: '127.0.0.1', HostPort: '8001' },
        { HostIp: '::1', HostPort: '8002' },
      ],
      '8080/udp': [{ HostIp: '0.0.0.0', HostPort: '8003' }],
    });
  });

  it('refuses an address that Docker would take for every address', () => {
    const ports = [{ address: 'eth0', host: 80, container: 80, protocol: 'tcp' } as const];
    expect(() => bodyOf({ ports })).toThrowError(
      expect.objectContaining({
        data: {
          code: 'CONTAINER_OPTION',
          message: 'ports: "eth0" is not an IP address',
          where: 'starfall-beta-api-1-0a1b2c3d',
        },
      }),
    );
  });

  it('gives a container no less time to stop than it was promised', () => {
    expect([0, 1, 999, 1_000, 1_500].map(wholeSeconds)).toEqual([0, 1, 1, 1, 2]);
  });
});
