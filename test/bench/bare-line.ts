// The floor of a pipeline: what it does on its hosts, one after the other, as a script would do it by bare
// calls to each Engine, with the same waits and tests in between and nothing else.

import { request } from 'node:http';
import { sleep } from '../fleet/process.ts';

export interface BareHost {
  readonly socket: string;
  readonly address: string;
  /** The one that our own containers are in there. */
  readonly network: string;
}

interface BareImage {
  readonly repository: string;
  readonly tag: string;
  /** From 0: the container of the turn before makes room. */
  readonly turn: number;
}

/** As the pipeline's own service has it. */
const minHealthyMs = 1_000;
/** Beside the one that the pipeline's own service publishes. */
const hostPort = 18_098;

/** Ends when it has been healthy for long enough on the last host. */
export async function bareLine(hosts: readonly BareHost[], image: BareImage): Promise<void> {
  for (const [index, host] of hosts.entries()) {
    await change(host, image);
    await sleep(minHealthyMs);
    // The test of the stage; in the last one it comes after the end.
    if (index < hosts.length - 1) await answers(`http://${host.address}:${hostPort}/up`);
  }
}

async function change(
  { socket, address, network }: BareHost,
  { repository, tag, turn }: BareImage,
): Promise<void> {
  const call = (method: string, path: string, body?: unknown) => ask(socket, method, path, body);
  const pulled = await call('POST', `/images/create?fromImage=${repository}&tag=${tag}`);
  if (pulled.includes('"error"')) throw new Error(pulled);
  const name = (of: number): string => `bare-${of}`;
  await call('POST', `/containers/create?name=${name(turn)}`, {
    ...{ Image: `${repository}:${tag}`, ExposedPorts: { '8080/tcp': {} } },
    ...{ Healthcheck: { Test: ['NONE'] } },
    HostConfig: {
      NetworkMode: network,
      PortBindings: { '8080/tcp': [{ HostPort: String(hostPort) }] },
    },
  });
  if (turn > 0) await call('POST', `/containers/${name(turn - 1)}/stop?t=5`);
  await call('POST', `/containers/${name(turn)}/start`);
  await answers(`http://${address}:${hostPort}/up`);
}

function ask(socketPath: string, method: string, path: string, body?: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request({ socketPath, method, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        if ((answer.statusCode ?? 500) < 400) resolve(text);
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
      });
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function answers(url: string): Promise<void> {
  for (;;) {
    const signal = AbortSignal.timeout(1_000);
    const answer = await fetch(url, { signal }).catch(() => undefined);
    await answer?.text();
    if (answer?.ok === true) return;
    await sleep(10);
  }
}
