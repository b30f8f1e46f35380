// The paths of contract.ts as a table: who may ask, and which service answers.

import { keyRoutes } from './key-routes.ts';
import { pipelineRoutes } from './pipeline-routes.ts';
import { namesIn, type Need } from './scopes.ts';
import { checked, requests } from './requests.ts';
import type { Services } from './services.ts';

export interface Asked {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** The actor as the history shall name it, given what the client calls itself. */
  readonly actor: (claimed: string) => string;
  readonly now: number;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Of what is asked; `socket`: only on the master's own machine. */
  readonly needs: 'socket' | 'view' | 'admin' | ((asked: Pick<Asked, 'params' | 'body'>) => Need);
  readonly answer: (services: Services, asked: Asked) => Promise<unknown>;
}

export const routes: readonly Route[] = [
  get('/v1/status', (services, { query }) =>
    services.status(checked(requests.status, query).environment),
  ),
  get('/v1/hosts', async (services) => ({ hosts: await services.hosts() })),
  get('/v1/history/:environment', async (services, { params }) => {
    const { environment } = checked(requests.inEnvironment, params);
    const [rollouts, promotions] = await Promise.all([
      services.history(environment),
      services.promotions(environment),
    ]);
    return { rollouts, promotions };
  }),
  get('/v1/rollouts/:id', (services, { params }) =>
    services.rollout(checked(requests.ofRollout, params).id),
  ),
  get('/v1/tokens', async (services) => ({
    tokens: await services.tokens(),
    api: await services.apiTokens(),
  })),
  get('/v1/hosts/:id/logs', (services, { params, query }) =>
    services.logs(checked(requests.onHost, params).id, checked(requests.logs, query)),
  ),
  get('/v1/promotions/:id/output', (services, { params, query }) =>
    services.testOutput(
      checked(requests.ofPromotion, params).id,
      checked(requests.testOutput, query),
    ),
  ),
  {
    method: 'POST',
    path: '/v1/plan',
    needs: 'view',
    answer: (services, { body }) => services.plan(checked(requests.plan, body)),
  },
  {
    method: 'POST',
    path: '/v1/ping',
    needs: 'view',
    answer: (services, { body }) => services.ping(checked(requests.ping, body).hosts),
  },
  {
    ...{ method: 'POST', path: '/v1/apply' },
    needs: ({ body }) => ({ to: 'deploy', names: namesIn(body, 'environment') }),
    answer: (services, { body, actor }) =>
      services.apply(named(checked(requests.apply, body), actor)),
  },
  {
    ...{ method: 'POST', path: '/v1/rollback' },
    needs: ({ body }) => ({ to: 'deploy', names: namesIn(body, 'environment') }),
    answer: (services, { body, actor }) =>
      services.rollback(named(checked(requests.rollback, body), actor)),
  },
  change('POST', '/v1/rollouts/:id/abort', (services, { params, body, actor }) =>
    services.abort(
      checked(requests.ofRollout, params).id,
      actor(checked(requests.byActor, body ?? {}).actor),
    ),
  ),
  change('POST', '/v1/tokens', (services, { body, actor }) =>
    services.createToken(named(checked(requests.token, body), actor)),
  ),
  change('DELETE', '/v1/tokens/:id', (services, { params, query, actor }) =>
    services.revokeToken(
      checked(requests.ofToken, params).id,
      actor(checked(requests.byActor, query).actor),
    ),
  ),
  change('PUT', '/v1/hosts/:id/labels', (services, { params, body, actor }) =>
    services.label(
      checked(requests.onHost, params).id,
      named(checked(requests.labels, body), actor),
    ),
  ),
  change('DELETE', '/v1/hosts/:id', (services, { params, query, actor }) =>
    services.removeHost(
      checked(requests.onHost, params).id,
      actor(checked(requests.byActor, query).actor),
    ),
  ),
  {
    method: 'POST',
    path: '/v1/api-tokens',
    needs: 'socket',
    answer: (services, { body }) => services.createApiToken(checked(requests.apiToken, body)),
  },
  ...pipelineRoutes,
  ...keyRoutes,
];

function get(path: string, answer: Route['answer']): Route {
  return { method: 'GET', path, needs: 'view', answer };
}

function change(method: Route['method'], path: string, answer: Route['answer']): Route {
  return { method, path, needs: 'admin', answer };
}

const named = <T extends { readonly actor: string }>(request: T, actor: Asked['actor']): T => ({
  ...request,
  actor: actor(request.actor),
});
