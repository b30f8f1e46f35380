// The floor: the same work by bare Docker calls over the Engine's socket, as a script would make
// them, with nothing in between. Run as a whole process so that it pays for its start as we do.

import { request } from 'node:http';

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

/** Pull, create, stop the old, start the new, ask it until it answers. */
async function upgrade(socket: string, image: string, name: string, old: string): Promise<void> {
  await call(socket, 'POST', `/images/create?fromImage=${encodeURIComponent(image)}`);
  const spec = {
    Image: image,
    ExposedPorts: { '8080/tcp': {} },
    HostConfig: { PortBindings: { '8080/tcp': [{ HostPort: '18099' }] } },
  };
  await call(socket, 'POST', `/containers/create?name=${name}`, spec);
  if (old !== '') await call(socket, 'POST', `/containers/${old}/stop?t=30`);
  await call(socket, 'POST', `/containers/${name}/start`);
  const seen = JSON.parse(await call(socket, 'GET', `/containers/${name}/json`)) as {
    NetworkSettings: { IPAddress: string };
  };
  await answers(`http://${seen.NetworkSettings.IPAddress}:8080/up`);
}

async function answers(url: string): Promise<void> {
  for (;;) {
    try {
      if ((await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok) return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

if (verb === 'upgrade') {
  const [socket = '', image = '', name = '', old = ''] = args;
  await upgrade(socket, image, name, old);
} else if (verb === 'list') {
  await Promise.all(args.map((socket) => call(socket, 'GET', '/containers/json?all=1')));
}
