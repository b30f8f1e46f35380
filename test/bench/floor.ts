// The floor: the same work by bare Docker calls over the Engine's socket, as a script would make
// them, with nothing in between. Run as a whole process so that it pays for its start as we do.

import { request } from 'node:http';
import { hostPort, network } from './floor-place.ts';

const [, , verb, ...args] = process.argv;

const call = (socketPath: string, method: string, path: string, body?: unknown): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request({ socketPath, method, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        if ((answer.statusCode ?? 500) < 400) resolve(text);
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
      });
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });

type Order = 'stop-first' | 'start-first';

interface Change {
  readonly order: Order;
  readonly image: string;
  readonly name: string;
  /** What it takes the place of; `-` for nothing. */
  readonly old: string;
}

/**
 * Create, stop the old, start the new, ask it until it answers; or the old one stopped only then. The
 * image is there already.
 */
async function upgrade({ socket, address }: Host, change: Change): Promise<void> {
  const { order, name, old } = change;
  const stopOld = async (): Promise<void> => {
    if (old !== '-') await call(socket, 'POST', `/containers/${old}/stop?t=5`);
  };
  await call(socket, 'GET', '/containers/json?all=1');
  await call(socket, 'POST', `/containers/create?name=${name}`, bodyOf(change));
  if (order === 'stop-first') await stopOld();
  await call(socket, 'POST', `/containers/${name}/start`);
  const place =
    order === 'stop-first' ? `${address}:${hostPort}` : `${await inside(socket, name)}:8080`;
  await answers(`http://${place}/up`);
  if (order === 'start-first') await stopOld();
}

const bodyOf = ({ order, image, name }: Change): object => ({
  Image: image,
  Env: ['GREETING=hello', `VERSION=${name}`],
  ExposedPorts: { '8080/tcp': {} },
  Healthcheck: { Test: ['NONE'] },
  HostConfig: {
    NetworkMode: network,
    ...(order === 'stop-first' && {
      PortBindings: { '8080/tcp': [{ HostPort: String(hostPort) }] },
    }),
  },
  NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: ['bare'] } } },
});

async function inside(socket: string, name: string): Promise<string> {
  const found = JSON.parse(await call(socket, 'GET', `/containers/${name}/json`)) as {
    NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
  };
  return found.NetworkSettings.Networks[network]?.IPAddress ?? '';
}

async function answers(url: string): Promise<void> {
  for (;;) {
    const ok = await new Promise<boolean>((resolve) => {
      const asked = request(url, { agent: false, timeout: 1_000 }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      asked.on('timeout', () => asked.destroy());
      asked.on('error', () => resolve(false));
      asked.end();
    });
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

interface Host {
  readonly socket: string;
  readonly address: string;
}

/** As the bench hands it over: `socket,address`. */
function parseHost(text: string): Host {
  const [socket = '', address = ''] = text.split(',');
  return { socket, address };
}

if (verb === 'stop-first' || verb === 'start-first') {
  const [image = '', name = '', old = '', ...hosts] = args;
  const change = { order: verb, image, name, old } as const;
  await Promise.all(hosts.map((host) => upgrade(parseHost(host), change)));
} else if (verb === 'list') {
  await Promise.all(
    args.map((host) => call(parseHost(host).socket, 'GET', '/containers/json?all=1')),
  );
}
