import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig, readConfig } from '../../master/config.ts';
import { endpointText, parseEndpoint } from '../../master/endpoint.ts';
import { Fault } from '../../states/faults.ts';

const good = `states:
  url: /srv/states
  ref: main
fleet:
  listen: 0.0.0.0:4505
  address: master.example.com:4505
api:
  listen: 127.0.0.1:4506
`;

const refusal = (text: string): string => {
  try {
    parseConfig(text, 'm.yaml');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { code, message, at } = error.data;
    return `${code} ${at?.line}:${at?.column} ${message}`;
  }
  return 'accepted';
};

describe('master.yaml', () => {
  it('is read as it is meant', () => {
    expect(parseConfig(good, 'm.yaml')).toEqual({
      states: { url: '/srv/states', ref: 'main', pollMs: 30_000 },
      fleet: {
        listen: { host: '0.0.0.0', port: 4505 },
        address: { host: 'master.example.com', port: 4505 },
      },
      api: { host: '127.0.0.1', port: 4506 },
      registryPollMs: 300_000,
      hooks: new Map(),
    });
    const hooks = 'hooks: { hub: { kind: dockerhub, secret: 0123456789abcdef-0 } }\n';
    const more = parseConfig(`${good}registries: { poll: 1m }\n${hooks}`, 'm.yaml');
    expect(more.registryPollMs).toBe(60_000);
    expect(more.hooks.get('hub')).toEqual({ kind: 'dockerhub', secret: '0123456789abcdef-0' });
    const short = good.replace(/ {2}address: .*\n/, '').replace('127.0.0.1:4506', 'off');
    expect(parseConfig(short, 'm.yaml')).toMatchObject({
      fleet: { address: { host: '0.0.0.0', port: 4505 } },
      api: undefined,
    });
  });

  it.each([
    ['ref: main', 'rev: main', /^BAD_USAGE 3:3 states: unknown key rev$/],
    ['ref: main', 'ref: -x', /^BAD_USAGE 3:3 states\.ref: not the name of a branch/],
    ['url: /srv/states', 'url: "ext::sh"', /^BAD_USAGE 2:3 states\.url: .*other programs/],
    ['0.0.0.0:4505', '0.0.0.0', /^BAD_USAGE 5:3 fleet\.listen: not host:port/],
    ['api:', 'apo:', /^BAD_USAGE 7:1 unknown key apo$/],
    ['api:', 'hooks: { a: { kind: harbor, secret: short } }\napi:', /^BAD_USAGE 7:.*16 char/],
    ['api:', 'hooks: { a: { kind: svn, secret: short } }\napi:', /^BAD_USAGE 7:.*kind/],
    ['states:', 'states: [', /^BAD_USAGE \d+:\d+ /],
    ['ref: main', 'ref: 1', /^BAD_USAGE 3:3 states\.ref: .*string/],
    ['  ref: main', '  ref: main\n  ref: other', /^BAD_USAGE 4:3 Map keys must be unique/],
  ])('with %j as %j is refused where that stands', (from, to, expected) => {
    expect(refusal(good.replace(from, to))).toMatch(expected);
  });

  it('that is missing means that no master was set up', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'brine-config-'));
    await expect(readConfig(dir)).rejects.toMatchObject({ data: { code: 'MASTER_UNSET' } });
    writeFileSync(join(dir, 'master.yaml'), good);
    expect((await readConfig(dir)).states.ref).toBe('main');
    rmSync(dir, { recursive: true });
  });
});

describe('an endpoint', () => {
  it.each(['1.2.3.4:1', 'host.example.com:4505', '[::1]:80', 'localhost:0'])(
    '%s is one',
    (text) => {
      expect(endpointText(parseEndpoint(text))).toBe(text);
    },
  );

  it.each(['', 'host', ':1', 'a:b', 'a:70000', '::1:80', '[1.2.3.4]:1', 'a b:1', '-a:1'])(
    '%j is none',
    (text) => {
      expect(() => parseEndpoint(text)).toThrow('not host:port');
    },
  );
});
