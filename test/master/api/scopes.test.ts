import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClient } from '../../../master/cli/client.ts';
import { routes } from '../../../master/api/routes.ts';
import { missingScope, namesIn, parseScope } from '../../../master/api/scopes.ts';
import { Fault } from '../../../states/faults.ts';
import { Fixture } from './fixture.ts';

const release = 'release:api';
const beta = 'deploy:beta';
const every = 'deploy:*';
const all = ['view', release, beta, every, 'admin'] as const;

/** Each route as it is asked for, and who may ask. */
const table: Readonly<Record<string, readonly string[]>> = {
  'GET /v1/status': ['view'],
  'GET /v1/hosts': ['view'],
  'GET /v1/history/beta': ['view'],
  'GET /v1/rollouts/r1': ['view'],
  'GET /v1/tokens': ['view'],
  'GET /v1/hosts/web-1/logs?environment=beta&service=api': ['view'],
  'GET /v1/promotions/p1/output': ['view'],
  'GET /v1/events': ['view'],
  'GET /v1/pipeline': ['view'],
  'GET /v1/releases': ['view'],
  'GET /v1/releases/7f3a9c2d': ['view'],
  'GET /v1/explain/beta': ['view'],
  'GET /v1/promotions/p1': ['view'],
  'GET /v1/keys': ['view'],
  'POST /v1/plan': ['view'],
  'POST /v1/ping': ['view'],
  'POST /v1/releases': [release],
  'POST /v1/apply': [beta, every],
  'POST /v1/rollback': [beta, every],
  'POST /v1/environments/beta/promote': [beta, every],
  'POST /v1/environments/beta/rollback': [beta, every],
  'POST /v1/environments/beta/approve': [beta, every],
  'POST /v1/environments/beta/hold': [beta, every],
  'POST /v1/environments/beta/resume': [beta, every],
  'POST /v1/environments/beta/retry': [beta, every],
  'POST /v1/environments/beta/abort': [beta, every],
  'POST /v1/environments/prod/promote': [every],
  'POST /v1/freezes': [every],
  'DELETE /v1/freezes/f1': [every],
  'POST /v1/rollouts/r1/abort': [],
  'POST /v1/tokens': [],
  'DELETE /v1/tokens/0123456789ab': [],
  'PUT /v1/hosts/web-1/labels': [],
  'DELETE /v1/hosts/web-1': [],
  'POST /v1/keys/web-1': [],
};

const bodies: Readonly<Record<string, object>> = {
  'POST /v1/releases': { images: { api: '1.0.0' }, actor: 'ci' },
  'POST /v1/freezes': { message: 'Christmas', actor: 'ci' },
};
const body = { environment: 'beta', actor: 'ci' };

let master: Fixture;
beforeEach(async () => {
  master = await Fixture.start();
});
afterEach(() => master.close());

async function withScopes(...scopes: readonly string[]) {
  const local = openClient({ dir: master.dir });
  const request = { scopes, hours: 1, actor: 'ann@desk' };
  const { token } = await local.send<{ token: string }>('POST', '/v1/api-tokens', request);
  return openClient({ dir: '/nowhere', url: master.url, ca: master.ca, token });
}

/** Whether it was let in; what becomes of it then does not matter. */
async function admitted(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    return !(error instanceof Fault) || error.data.code !== 'ACCESS_DENIED';
  }
}

function ask(client: Awaited<ReturnType<typeof withScopes>>, route: string): Promise<unknown> {
  const [method = '', path = ''] = route.split(' ');
  if (method === 'GET') return client.get(path);
  return client.send(method as 'POST', path, bodies[route] ?? body);
}

describe('scopes of tokens', () => {
  it('are asked for by every route, each as the table says', async () => {
    for (const scope of all) {
      const client = await withScopes(scope);
      const seen: string[] = [];
      for (const route of Object.keys(table)) {
        if (await admitted(ask(client, route))) seen.push(route);
      }
      const expected = Object.entries(table).filter(
        ([, scopes]) => scope === 'admin' || scopes.includes(scope),
      );
      expect([scope, seen]).toEqual([scope, expected.map(([route]) => route)]);
    }
  });

  it('of the table are those of all routes', () => {
    const told = Object.keys(table).map((route) => route.split('?', 1)[0]?.split(' ') ?? []);
    const untold = routes
      .filter(({ needs }) => needs !== 'socket')
      .filter(({ method, path }) => {
        const pattern = new RegExp(`^${path.replace(/:[a-z]+/g, '[^/]+')}$`);
        return !told.some(([verb, asked = '']) => verb === method && pattern.test(asked));
      });
    expect(untold.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });

  it('hold for each image and environment that is named, and no request passes by naming none', async () => {
    const ci = await withScopes('release:web-*', 'deploy:beta', 'deploy:gamma');
    const released = (images: object) =>
      admitted(ci.send('POST', '/v1/releases', { images, actor: 'ci' }));
    const frozen = (environments: unknown) =>
      admitted(ci.send('POST', '/v1/freezes', { environments, message: 'no', actor: 'ci' }));
    expect(await released({ 'web-shop': '1.0.0', 'web-blog': '1.0.0' })).toBe(true);
    expect(await released({ 'web-shop': '1.0.0', api: '1.0.0' })).toBe(false);
    expect(await released({})).toBe(false);
    expect(await released([])).toBe(false);
    expect(await frozen(['beta', 'gamma'])).toBe(true);
    expect(await frozen(['beta', 'prod'])).toBe(false);
    expect(await frozen([])).toBe(false);
    expect(await frozen('beta')).toBe(true);
  });

  it('say which one is missing', () => {
    const need = { to: 'deploy', names: ['beta', 'prod'] } as const;
    expect(missingScope(need, ['deploy:beta'])).toBe('deploy:prod');
    expect(missingScope({ to: 'deploy', names: [] }, ['deploy:?*'])).toBe('deploy:*');
    expect(missingScope(need, ['release:*', 'view'])).toBe('deploy:beta');
    expect(missingScope(need, ['admin'])).toBeUndefined();
    expect(namesIn(JSON.parse('{"__proto__": {"images": ["api"]}}'), 'images')).toEqual([]);
    expect(parseScope('release:*')).toBe('release:*');
    expect(parseScope('release:A')).toBeUndefined();
  });
});
