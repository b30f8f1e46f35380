// The HTTP API: on the master's Unix socket, where file permissions decide who may, and over TLS for
// bearers of a token. The only file that imports fastify; the daemon loads it when it starts.

import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps, type Server as SecureServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { neighbourOf } from '../../protocol/address.ts';
import { realWorld, type World } from '../../protocol/world.ts';
import { Fault, fault } from '../../states/faults.ts';
import { Rate } from '../fleet/rate.ts';
import type { Endpoint } from '../endpoint.ts';
import { addressOf, listen, listenPrivately } from '../listening.ts';
import { errorAnswer } from './answer.ts';
import { OpenServers } from './open-servers.ts';
import { checked, requests } from './requests.ts';
import { routes, type Asked, type Route } from './routes.ts';
import { missingScope, type Need } from './scopes.ts';
import type { Services } from './services.ts';
import { clearStaleSocket } from './socket.ts';
import { writeStream } from './stream.ts';
import type { ApiToken } from './tokens.ts';

export interface ApiOptions {
  readonly services: Services;
  readonly socket: string;
  readonly log: Logger;
  readonly world?: World;
  /** The port for people and CI; port 0 takes a free one. */
  readonly tls?: Shown & { readonly listen: Endpoint };
}

/** What the port shows of itself, as PEM. */
interface Shown {
  readonly key: string;
  readonly certificate: string;
}

export interface Api {
  /** Undefined where only the socket is served. */
  address(): Endpoint | undefined;
  /** Shown to whoever connects from now on; connections that are open go on. */
  use(shown: Shown): void;
  close(): Promise<void>;
}

const apiLimits = {
  bodyBytesMax: 65_536,
  headMs: 10_000,
  requestMs: 30_000,
  connectionsMax: 1_000,
  hookBytesMax: 1_048_576,
  /** A registry tells of every pull, too; whoever has no proof gets far less. */
  hooks: { burst: 2_000, msEach: 10, neighboursMax: 1_000 },
  unprovenHooks: { burst: 60, msEach: 500, neighboursMax: 1_000 },
} as const;

export async function startApi(options: ApiOptions): Promise<Api> {
  const { socket, tls } = options;
  const stop = new AbortController();
  const app = buildApp(options, stop.signal);
  await app.ready();
  const timeouts = { headersTimeout: apiLimits.headMs, requestTimeout: apiLimits.requestMs };
  const handle: RequestListener = (request, response) => {
    app.routing(request, response);
  };
  const local = createHttp(timeouts, handle);
  const servers = new OpenServers();
  servers.add(local);
  let remote: SecureServer | undefined;
  try {
    await clearStaleSocket(socket);
    await listenPrivately(local, socket);
    if (tls !== undefined) {
      remote = createHttps({ ...timeouts, ...secured(tls) }, handle);
      remote.maxConnections = apiLimits.connectionsMax;
      servers.add(remote);
      await listen(remote, tls.listen);
    }
  } catch (error) {
    await servers.close();
    await app.close();
    throw error;
  }
  return {
    address: () => remote && addressOf(remote),
    use: (shown) => remote?.setSecureContext(secured(shown)),
    close: async () => {
      stop.abort();
      await servers.close();
      await app.close();
    },
  };
}

const secured = ({ key, certificate: cert }: Shown) =>
  ({ key, cert, minVersion: 'TLSv1.3' }) as const;

function buildApp(
  { services, log, world = realWorld }: ApiOptions,
  stop: AbortSignal,
): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: apiLimits.bodyBytesMax,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: false },
  });
  const callers = new WeakMap<FastifyRequest, ApiToken>();
  app.addHook('onRequest', async (request) => {
    if (isLocal(request) || isHook(request)) return;
    const token = await services.authenticate(bearerOf(request));
    if (token === undefined) throw new Unauthorized();
    callers.set(request, token);
  });
  app.setErrorHandler((error, request, reply) => refuse(error, { request, reply, log }));
  app.setNotFoundHandler((request) => {
    throw fault('UNKNOWN_NAME', `no such path: ${request.method} ${pathOf(request)}`);
  });
  for (const route of routes) {
    const handler = (request: FastifyRequest): Promise<unknown> => {
      const token = callers.get(request);
      admit(route.needs, request, token);
      return route.answer(services, askedOf(request, token, world.now()));
    };
    app.route({ method: route.method, url: route.path, handler });
  }
  app.register((scope, _options, done) => {
    addHooks(scope, services, world);
    done();
  });
  app.get('/v1/events', async (request, reply) => {
    admit('view', request, callers.get(request));
    const { follow, since, limit, ...filter } = checked(requests.events, request.query);
    if (follow === '0') return { events: await services.events.since(since, filter, limit) };
    reply.hijack();
    const items = (signal: AbortSignal) => services.events.subscribe(filter, since, signal);
    // Nothing can be answered any more once the stream has begun.
    await writeStream(reply.raw, items, stop).catch((error: unknown) => {
      log.warn({ err: error }, 'a stream of events broke off');
    });
    return reply;
  });
  return app;
}

const hookPath = '/v1/hooks/:name';
const isHook = ({ routeOptions }: FastifyRequest): boolean => routeOptions.url === hookPath;

/** The one path that wants no token, as each hook has a proof of its own: over the bytes that came. */
function addHooks(scope: FastifyInstance, services: Services, world: World): void {
  const { hookBytesMax: bodyLimit } = apiLimits;
  const rate = new Rate(world, apiLimits.hooks);
  const unproven = new Rate(world, apiLimits.unprovenHooks);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, next) => {
    next(null, body);
  });
  scope.post(hookPath, { bodyLimit }, async (request) => {
    const neighbour = neighbourOf(request.ip);
    const waitMs = unproven.waitMs(neighbour) || rate.take(neighbour);
    if (waitMs > 0) throw new TooMany(waitMs);
    const { name } = checked(requests.ofHook, request.params);
    const { secret } = checked(requests.hookQuery, request.query);
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    try {
      return await services.hook(name, { headers: request.headers, secretInUrl: secret, body });
    } catch (error) {
      if (error instanceof Fault && error.data.code === 'ACCESS_DENIED') unproven.take(neighbour);
      throw error;
    }
  });
}

const isLocal = ({ raw }: FastifyRequest): boolean => !(raw.socket instanceof TLSSocket);

const bearerOf = ({ headers }: FastifyRequest): string =>
  /^Bearer ([!-~]{1,500})$/i.exec(headers.authorization ?? '')?.[1] ?? '';

const pathOf = ({ url }: FastifyRequest): string => (url.split('?', 1)[0] ?? '').slice(0, 200);

class TooMany extends Fault {
  constructor(waitMs: number) {
    super({ code: 'BAD_USAGE', message: `too many hooks from there; again in ${waitMs} ms` });
  }
}

/** Known before anything else is: says nothing of what there is. */
class Unauthorized extends Fault {
  constructor() {
    super({ code: 'ACCESS_DENIED', message: 'a valid token is needed' });
  }
}

function admit(needs: Route['needs'], request: FastifyRequest, token: ApiToken | undefined): void {
  if (isLocal(request)) return;
  if (needs === 'socket') {
    throw fault('ACCESS_DENIED', "that is done through the socket, on the master's own machine");
  }
  const need: Need = typeof needs === 'string' ? { to: needs } : needs(request);
  const missing = missingScope(need, token?.scopes ?? []);
  if (missing === undefined) return;
  throw fault('ACCESS_DENIED', `that needs a token with the scope ${missing}`);
}

const askedOf = (request: FastifyRequest, token: ApiToken | undefined, now: number): Asked => ({
  now,
  params: request.params,
  query: request.query,
  body: request.body,
  actor: (claimed) => (token === undefined ? claimed : `${claimed} (token ${token.id})`),
});

function refuse(
  raw: unknown,
  { request, reply, log }: { request: FastifyRequest; reply: FastifyReply; log: Logger },
): FastifyReply {
  const error = ofRequest(raw);
  const { status, body } = errorAnswer(error);
  if (status === 500) log.error({ err: error, path: pathOf(request) }, 'a request met a defect');
  if (error instanceof Unauthorized) return reply.status(401).send(body);
  return reply.status(error instanceof TooMany ? 429 : status).send(body);
}

/** What fastify itself refuses: not JSON, too large, another type. */
function ofRequest(error: unknown): unknown {
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (error instanceof Fault || statusCode === undefined || statusCode >= 500) return error;
  return fault('BAD_USAGE', message ?? 'not a request');
}
