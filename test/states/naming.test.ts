import { describe, expect, it } from 'vitest';
import { specHash } from '../../states/hash.ts';
import type { ContainerSpec } from '../../states/model.ts';
import { containerName, labelsOf, ownership } from '../../states/naming.ts';
import { digest, environment, image, port, service, spec, state } from './fixture.ts';

const around = state();
const hash = (more: Partial<ContainerSpec> = {}): string => specHash(spec(more), around);

describe('the hash of a spec', () => {
  it('is the same on every machine and in every version that reads it alike', () => {
    expect(hash()).toMatch(/^[0-9a-f]{64}$/);
    expect(hash()).toBe('71779f1ee39335f5146730b2bef931513730beb43cf36f02c4e83d4f6632e12b');
  });

  const timing = { intervalMs: 1, timeoutMs: 2, startMs: 3, retries: 4 };
  it.each<[string, Partial<ContainerSpec>]>([
    ['the tag', { image: { ...image('api', 1), tag: 'latest' } }],
    ['the commit', { image: { ...image('api', 1), commit: '3e1f0ab' } }],
    ['the name of the image in the states', { image: { ...image('api', 1), name: 'web' } }],
    ['how long it must be healthy', { minHealthyMs: 1 }],
    ['what it needs', { needs: [service('db')] }],
    ['what is kept', { retain: 0 }],
    ['the grace of its stop', { stop: { signal: 'SIGTERM', timeoutMs: 1 } }],
    ['its place in the states', { at: { file: 'x', line: 2, column: 3 } }],
  ])('is not changed by %s', (_, more) => {
    expect(hash(more)).toBe(hash());
  });

  it.each<[string, Partial<ContainerSpec>]>([
    ['the digest', { image: image('api', 2) }],
    ['the repository', { image: { ...image('api', 1), repository: 'elsewhere/api' } }],
    ['the service', { service: service('web') }],
    ['the slot', { slot: 2 }],
    ['a command', { command: ['serve'] }],
    ['an empty command', { command: [] }],
    ['an entrypoint', { entrypoint: ['serve'] }],
    ['an env entry', { env: { A: '1' } }],
    ['a port', { ports: [port(80)] }],
    ['a mount', { mounts: [{ type: 'volume', source: 'a', target: '/a', readOnly: false }] }],
    ['the restart policy', { restart: { policy: 'no' } }],
    ['the retries', { restart: { policy: 'unless-stopped', maxRetries: 1 } }],
    ['a limit', { limits: { cpus: 1 } }],
    ['the probe', { healthcheck: { kind: 'tcp', port: 80, ...timing } }],
    ["the image's own check", { healthcheck: { kind: 'image', ...timing } }],
    ['the stop signal', { stop: { signal: 'SIGINT', timeoutMs: 30_000 } }],
    ['the user', { user: 'nobody' }],
    ['a label', { labels: { team: 'core' } }],
  ])('is changed by %s', (_, more) => {
    expect(hash(more)).not.toBe(hash());
  });

  it('is changed by what is around it', () => {
    expect(specHash(spec(), { ...around, project: 'x' })).not.toBe(hash());
    expect(specHash(spec(), { ...around, environment: environment('x') })).not.toBe(hash());
    expect(specHash(spec(), { ...around, network: 'x' })).not.toBe(hash());
  });

  it('does not see the order of keys, ports and mounts, but that of a command', () => {
    const mount = (target: string): ContainerSpec['mounts'][number] => ({
      ...{ type: 'volume', source: 'a', target, readOnly: false },
    });
    expect(hash({ env: { A: '1', B: '2' } })).toBe(hash({ env: { B: '2', A: '1' } }));
    expect(hash({ ports: [port(1), port(2)] })).toBe(hash({ ports: [port(2), port(1)] }));
    expect(hash({ mounts: [mount('/a'), mount('/b')] })).toBe(
      hash({ mounts: [mount('/b'), mount('/a')] }),
    );
    expect(hash({ command: ['a', 'b'] })).not.toBe(hash({ command: ['b', 'a'] }));
  });

  it('parts what only looks alike', () => {
    expect(hash({ env: { A: '1,B=2' } })).not.toBe(hash({ env: { A: '1', B: '2' } }));
    expect(hash({ command: ['a b'] })).not.toBe(hash({ command: ['a', 'b'] }));
    const proto = JSON.parse('{"__proto__": "x"}') as Record<string, string>;
    expect(hash({ env: proto })).not.toBe(hash());
  });
});

describe('the name of a container', () => {
  it('says whose it is and carries the hash', () => {
    expect(containerName({ ...around, spec: spec() })).toBe(
      `starfall-beta-api-1-${hash().slice(0, 8)}`,
    );
  });

  it('is never longer than 200 characters, and keeps its hash', () => {
    const name = containerName({ ...around, project: 'p'.repeat(500), spec: spec() });
    expect(name).toHaveLength(200);
    expect(name).toMatch(/^p+-[0-9a-f]{8}$/);
  });
});

describe('the labels of a container', () => {
  it('are its own and ours', () => {
    const one = spec({ slot: 2, labels: { team: 'core', 'brine.env': 'prod' } });
    const labels = labelsOf(state(one), one);
    expect(labels).toEqual({
      team: 'core',
      'brine.project': 'starfall',
      'brine.env': 'beta',
      'brine.service': 'api',
      'brine.slot': '2',
      'brine.release': '7f3a9c2d',
      'brine.spec': specHash(one, around),
    });
    expect(ownership(labels)).toEqual({
      project: 'starfall',
      environment: 'beta',
      service: 'api',
      slot: 2,
      release: '7f3a9c2d',
      spec: specHash(one, around),
    });
  });

  it.each(['project', 'env', 'service', 'slot', 'release', 'spec'])(
    'without brine.%s are not ours',
    (key) => {
      const labels = labelsOf(state(spec()), spec());
      delete labels[`brine.${key}`];
      expect(ownership(labels)).toBeUndefined();
    },
  );

  it.each(['', '0', '01', '-1', '1.5', 'one', '99999'])('with slot "%s" are not ours', (slot) => {
    const labels = { ...labelsOf(state(spec()), spec()), 'brine.slot': slot };
    expect(ownership(labels)).toBeUndefined();
  });

  it('do not hold the digest, which the hash covers', () => {
    expect(Object.values(labelsOf(state(spec()), spec())).join()).not.toContain(digest(1));
  });
});
