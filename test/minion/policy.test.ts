import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseMinionConfig } from '../../minion/identity.ts';
import { parseAllowed, policySchema, refuseTest, refusalsOf } from '../../minion/policy.ts';
import type { ContainerSpec } from '../../states/model.ts';
import { plan } from '../../states/plan.ts';
import { beta, specOf, stateOf } from './samples.ts';

const dir = mkdtempSync(join(tmpdir(), 'brine-policy-'));
mkdirSync(join(dir, 'data/deep'), { recursive: true });
mkdirSync(join(dir, 'data-of-others'));
symlinkSync('/etc', join(dir, 'data/escape'));
symlinkSync(join(dir, 'data'), join(dir, 'link'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

const nothing = policySchema.parse(undefined);
const some = policySchema.parse({
  ...{ binds: [join(dir, 'data')], devices: ['/dev/null'], capabilities: ['NET_ADMIN'] },
  security_opt: ['seccomp=unconfined'],
});

const refused = async (more: Partial<ContainerSpec>, policy = some): Promise<string> =>
  (await refusalsOf([specOf('api', more)], policy)).map(({ message }) => message).join('; ');

const bind = (source: string): Partial<ContainerSpec> => ({
  mounts: [{ type: 'bind', source, target: '/x', readOnly: false }],
});

describe('a host that allows nothing', () => {
  it.each([
    ['a path', bind('/etc')],
    ['the socket of Docker', bind('/var/run/docker.sock')],
    ['a device', { devices: [{ host: '/dev/null', container: '/dev/x', permissions: 'r' }] }],
    ['a capability', { capAdd: ['SYS_ADMIN'] }],
    ['all of them', { capAdd: ['ALL'] }],
    ['no confinement', { securityOpt: ['seccomp=unconfined'] }],
    ['more privileges', { securityOpt: ['no-new-privileges=false'] }],
  ] satisfies [string, Partial<ContainerSpec>][])('does not give away %s', async (_, more) => {
    expect(await refused(more, nothing)).toMatch(/is not allowed by this host; `allow: /);
  });

  it('runs what keeps to itself', async () => {
    const kept: Partial<ContainerSpec> = {
      mounts: [{ type: 'volume', source: 'cache', target: '/cache', readOnly: false }],
      ...{ capDrop: ['ALL'], securityOpt: ['no-new-privileges'], readOnlyRoot: true },
    };
    expect(await refused(kept, nothing)).toBe('');
  });
});

describe('a host that allows some', () => {
  it('gives what is named, and what is below it', async () => {
    for (const source of ['data', 'data/', 'data/deep', 'data/./deep/../deep', 'data/not/yet']) {
      expect(await refused(bind(`${dir}/${source}`)), source).toBe('');
    }
    expect(
      await refused({
        ...{ capAdd: ['NET_ADMIN'], securityOpt: ['seccomp=unconfined'] },
        devices: [{ host: '/dev/null', container: '/dev/x', permissions: 'r' }],
      }),
    ).toBe('');
  });

  it.each([
    'data/../data-of-others',
    'data-of-others',
    'data/../..',
    'data/escape',
    'data/escape/x',
  ])('does not give %s', async (source) => {
    expect(await refused(bind(`${dir}/${source}`))).toContain('is not allowed by this host');
  });

  it('says where a link leads', async () => {
    expect(await refused(bind(join(dir, 'data/escape')))).toContain('which leads to /etc');
  });

  it('may itself name a place by a link', async () => {
    const policy = policySchema.parse({ binds: [join(dir, 'link')] });
    expect(await refused(bind(join(dir, 'link/deep')), policy)).toBe('');
    expect(await refused(bind(join(dir, 'link/escape')), policy)).toContain('is not allowed');
  });
});

describe('a plan', () => {
  it('has what the host forbids as its problems', async () => {
    const state = stateOf(beta, [specOf('api', { capAdd: ['SYS_ADMIN'] }), specOf('web')]);
    const forbidden = await refusalsOf(state.containers, nothing);
    const seen = { containers: [], networks: [], volumes: [], images: [], taken: [] };
    const { problems } = plan(state, { ...seen, foreignNames: [], forbidden });
    expect(problems).toMatchObject([{ code: 'NOT_ALLOWED', service: 'api' }]);
  });
});

describe('a test', () => {
  const request = { kind: 'container', spec: specOf('it', { capAdd: ['SYS_ADMIN'] }) } as const;

  it('of a kind that is not allowed is not run', async () => {
    for (const each of [request, { kind: 'exec', service: 'api', command: ['id'] } as never]) {
      await expect(refuseTest(each, nothing)).rejects.toMatchObject({
        data: { code: 'NOT_ALLOWED', message: expect.stringContaining('tests of kind') as string },
      });
    }
    await refuseTest({ kind: 'http' } as never, nothing);
  });

  it('gets no more of the host than a service does', async () => {
    const policy = policySchema.parse({ tests: ['container'] });
    await expect(refuseTest(request, policy)).rejects.toMatchObject({
      data: { message: expect.stringContaining('SYS_ADMIN') as string },
    });
    await refuseTest({ kind: 'container', spec: specOf('it') }, policy);
  });
});

describe('minion.yaml', () => {
  const read = (more: string) =>
    parseMinionConfig(`url: wss://m:4505\nid: web-1\n${more}`, 'minion.yaml').allow;

  it('allows http tests and nothing else where it says nothing', () => {
    expect(read('')).toEqual({
      ...{ binds: [], devices: [], capabilities: [], security_opt: [], tests: ['http'] },
    });
  });

  it.each(['allow: { binds: [srv] }', 'allow: { everything: true }', 'allow: { tests: [shell] }'])(
    '%s is an error',
    (text) => {
      expect(() => read(text)).toThrow(/allow/);
    },
  );

  it('is what `minion join --allow` writes', () => {
    expect(parseAllowed(['bind:/srv', 'bind:/data', 'test:container', 'cap:NET_ADMIN'])).toEqual({
      ...{ binds: ['/srv', '/data'], tests: ['http', 'container'], capabilities: ['NET_ADMIN'] },
    });
    for (const wrong of ['bind:srv', 'shell:yes', 'test:shell', '__proto__:x', 'bind']) {
      expect(() => parseAllowed([wrong]), wrong).toThrow('--allow');
    }
  });
});
