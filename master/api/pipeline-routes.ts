// The paths about releases and the pipeline: each command to a stage becomes an event of the pipeline.

import type { EnvironmentName } from '../../states/ids.ts';
import { checked, requests } from './requests.ts';
import type { Asked, Route } from './routes.ts';
import { namesIn } from './scopes.ts';
import type { Services, StageCommand } from './services.ts';

const untilOf = (minutes: number | undefined, now: number): number | null =>
  minutes === undefined ? null : now + minutes * 60_000;

const view = (path: string, answer: Route['answer']): Route => ({
  ...{ method: 'GET', path, needs: 'view', answer },
});

/** `key`: where the body names the images or environments that a token must hold for. */
const toDo = (
  to: 'release' | 'deploy',
  key: string,
  route: Pick<Route, 'method' | 'path' | 'answer'>,
): Route => ({ ...route, needs: ({ body }) => ({ to, names: namesIn(body, key) }) });

/** `read`: what is wanted of the stage, from the body. */
const stage = (
  verb: string,
  read: (asked: Asked & { readonly environment: EnvironmentName }) => StageCommand,
): Route => ({
  ...{ method: 'POST', path: `/v1/environments/:environment/${verb}` },
  needs: ({ params }) => ({ to: 'deploy', names: namesIn(params, 'environment') }),
  answer: (services: Services, asked) => {
    const { environment } = checked(requests.inStage, asked.params);
    return services.stage(read({ ...asked, environment }));
  },
});

export const pipelineRoutes: readonly Route[] = [
  view('/v1/pipeline', (services) => services.pipeline()),
  view('/v1/releases', async (services) => ({ releases: await services.releases() })),
  view('/v1/releases/:id', (services, { params }) =>
    services.release(checked(requests.ofRelease, params).id),
  ),
  view('/v1/explain/:environment', (services, { params }) =>
    services.explain(checked(requests.inStage, params).environment),
  ),
  view('/v1/promotions/:id', (services, { params }) =>
    services.promotion(checked(requests.ofPromotion, params).id),
  ),
  toDo('release', 'images', {
    ...{ method: 'POST', path: '/v1/releases' },
    answer: (services, { body, actor }) => {
      const request = checked(requests.release, body);
      return services.createRelease({ ...request, actor: actor(request.actor) });
    },
  }),
  toDo('deploy', 'environments', {
    ...{ method: 'POST', path: '/v1/freezes' },
    answer: (services, { body, actor }) => {
      const request = checked(requests.freeze, body);
      return services.freeze({ ...request, actor: actor(request.actor) });
    },
  }),
  // A freeze may be of all environments, and is known by its id alone.
  toDo('deploy', '', {
    ...{ method: 'DELETE', path: '/v1/freezes/:id' },
    answer: (services, { params, query, actor }) =>
      services.unfreeze(
        checked(requests.ofToken, params).id,
        actor(checked(requests.byActor, query).actor),
      ),
  }),
  stage('promote', ({ environment, body, actor: name }) => {
    const { release, force = null, actor } = checked(requests.promote, body);
    return { type: 'promote', environment, release, force, actor: name(actor) };
  }),
  stage('rollback', ({ environment, body, actor: name }) => {
    const { release = null, why = '', actor } = checked(requests.stageRollback, body);
    return { type: 'rollback', environment, release, why, actor: name(actor) };
  }),
  stage('approve', ({ environment, body, actor: name }) => {
    const { release = null, actor } = checked(requests.approve, body);
    return { type: 'approve', environment, release, actor: name(actor) };
  }),
  stage('hold', ({ environment, body, now, actor: name }) => {
    const { why, minutes, actor } = checked(requests.hold, body);
    return { type: 'hold', environment, why, until: untilOf(minutes, now), actor: name(actor) };
  }),
  stage('resume', ({ environment, body, actor: name }) => {
    const { actor } = checked(requests.alone, body);
    return { type: 'resume', environment, actor: name(actor) };
  }),
  stage('retry', ({ environment, body, actor: name }) => {
    const { actor } = checked(requests.alone, body);
    return { type: 'retry', environment, actor: name(actor) };
  }),
  stage('abort', ({ environment, body, actor: name }) => {
    const { promotion = null, why = '', actor } = checked(requests.stageAbort, body);
    return { type: 'abort', environment, promotion, why, actor: name(actor) };
  }),
];
