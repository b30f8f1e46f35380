// The floor: the same work by bare Docker calls over the Engine's socket, as a script would make
// them, with nothing in between. Run as a whole process so that it pays for its start as we do.

import { request } from 'node:http';

const [, , verb, ...args] = process.argv;

/** Beside the one that the bench's own service publishes. */
const hostPort = 18_099;

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

/** Create, stop the old, start the new, ask it until it answers; the image is there already. */
async function upgrade(host: Host, image: string, name: string, old: string): Promise<void> {
  const { socket } = host;
  await call(socket, 'GET', '/containers/json?all=1');
  const spec = {
    Image: image,
    Env: ['GREETING=hello', `NAME=${name}`],
    ExposedPorts: { '8080/tcp': {} },
    // The network that our own containers are in.
    HostConfig: {
      PortBindings: { '8080/tcp': [{ HostPort: String(hostPort) }] },
      NetworkMode: 'starfall-beta',
    },
  };
  await call(socket, 'POST', `/containers/create?name=${name}`, spec);
  if (old !== '-') await call(socket, 'POST', `/containers/${old}/stop?t=5`);
  await call(socket, 'POST', `/containers/${name}/start`);
  await answers(`http://${host.address}:${hostPort}/up`);
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

if (verb === 'upgrade') {
  const [image = '', name = '', old = '', ...hosts] = args;
  await Promise.all(hosts.map((host) => upgrade(parseHost(host), image, name, old)));
} else if (verb === 'list') {
  await Promise.all(
    args.map((host) => call(parseHost(host).socket, 'GET', '/containers/json?all=1')),
  );
}
