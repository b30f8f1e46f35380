// How dockerode is told to reach the Engine: over connections that are kept, so that a call costs
// little.

import type { Agent } from 'node:http';
import { inspect } from 'node:util';
import type { DockerHost } from './docker-host.ts';

// To import `node:http` is to load WebSocket and fetch with it: five megabytes for nothing.
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

const freeSocketsMax = 4;

/** Says everything, so that dockerode takes nothing of its own from the environment. */
export function accessTo(host: DockerHost) {
  const kept = { keepAlive: true, maxFreeSockets: freeSocketsMax };
  const bare = { host: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined };
  if (host.kind === 'unix') {
    const agent = quiet(new http.Agent(kept));
    return { ...bare, protocol: 'http' as const, socketPath: host.path, agent };
  }
  const place = { host: host.host, port: host.port };
  if (host.tls === undefined) {
    return { ...bare, ...place, protocol: 'http' as const, agent: quiet(new http.Agent(kept)) };
  }
  const agent = quiet(new https.Agent({ ...kept, ...host.tls }));
  return { ...place, ...host.tls, protocol: 'https' as const, agent };
}

/** docker-modem describes every request to its debugger, at work or not, agent and sockets included. */
const quiet = <T extends Agent>(agent: T): T =>
  Object.assign(agent, { [inspect.custom]: () => 'agent' });
