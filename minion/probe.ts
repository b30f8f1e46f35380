// One question to one container, and its answer in words. Asked from the host: at the container's own
// address on its network, or through the published port where there is no way to that.

import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Fault } from '../states/faults.ts';
import type { ContainerSpec, Healthcheck } from '../states/model.ts';
import type { ContainerDetail, Engine } from './engine/engine.ts';
import { networkWords } from './network-words.ts';

// An import of it loads undici as well: twelve megabytes for nothing.
const { request } = process.getBuiltinModule('node:http');

export interface Answer {
  readonly ok: boolean;
  /** For people: what was asked, and what came back. */
  readonly words: string;
}

/** What a probe needs to know of a container that runs. */
interface Asked {
  readonly name: string;
  readonly spec: ContainerSpec;
  readonly network: string;
  readonly detail: ContainerDetail;
}

/** Never rejects for what the container does; a fault is the Engine's, an abort is the signal's. */
export async function probe(engine: Engine, asked: Asked, signal?: AbortSignal): Promise<Answer> {
  const { healthcheck } = asked.spec;
  switch (healthcheck.kind) {
    case 'http':
    case 'tcp':
      return probePort(asked, healthcheck, signal);
    case 'exec':
      return probeInside(engine, asked, healthcheck, signal);
    case 'image':
      return imageAnswer(asked.detail);
    case 'none':
      return { ok: true, words: 'it runs' };
  }
}

type OnPort = Extract<Healthcheck, { readonly port: number }>;

interface Place {
  readonly host: string;
  readonly port: number;
}

async function probePort(
  asked: Asked,
  check: OnPort,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const [first, ...others] = placesOf(asked, check.port);
  if (first === undefined) {
    return { ok: false, words: `it has no address in the network ${asked.network}` };
  }
  const ask = (place: Place): Promise<Outcome> =>
    check.kind === 'http'
      ? askHttp(place, check.path, check.timeoutMs, signal)
      : askTcp(place, check.timeoutMs, signal);
  const outcome = await ask(first);
  const [other] = others;
  if (!outcome.noWay || other === undefined) return outcome;
  const around = await ask(other);
  return around.ok ? around : outcome;
}

/** Best first. */
function placesOf({ detail, network, spec }: Asked, port: number): readonly Place[] {
  const own = detail.addresses[network];
  const published = spec.ports.find((each) => each.container === port && each.protocol === 'tcp');
  return [
    ...(own === undefined ? [] : [{ host: own, port }]),
    ...(published === undefined
      ? []
      : [{ host: reachable(published.address), port: published.host }]),
  ];
}

const reachable = (address: string): string => {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
};

interface Outcome extends Answer {
  /** The network leads nowhere; that says nothing of the container. */
  readonly noWay: boolean;
}

/** Enough to tell one error page from another. */
const excerptChars = 200;

function askHttp(
  place: Place,
  path: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const url = `http://${hostPort(place)}${path}`;
  return new Promise((resolve, reject) => {
    const end = AbortSignal.timeout(timeoutMs);
    const either = signal === undefined ? end : AbortSignal.any([signal, end]);
    const headers = { 'user-agent': 'brine', connection: 'close' };
    let answered = false;
    const asked = request({ ...place, path, headers, agent: false, signal: either }, (response) => {
      answered = true;
      const status = response.statusCode ?? 0;
      const ok = status >= 200 && status < 400;
      const words = `HTTP ${status} from ${url}`;
      if (ok) {
        response.destroy();
        resolve({ ok, words, noWay: false });
        return;
      }
      void excerptOf(response).then((text) => {
        resolve({ ok, words: text === '' ? words : `${words}: ${text}`, noWay: false });
      });
    });
    let connected = false;
    asked.on('socket', (socket) => {
      socket.once('connect', () => {
        connected = true;
      });
    });
    asked.on('error', (error) => {
      if (signal?.aborted === true) reject(abortReason(signal));
      // The status is answer enough where the rest does not come.
      else if (answered) return;
      else if (end.aborted) resolve(late(url, timeoutMs, !connected));
      else resolve(refused(`${url}: `, error));
    });
    asked.end();
  });
}

/** What of the body has come before the connection or our patience ends. */
async function excerptOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  try {
    for await (const piece of response) {
      text += String(piece);
      if (text.length >= excerptChars) break;
    }
  } catch {
    // The beginning is all that was wanted.
  }
  const line = text.trim().slice(0, excerptChars);
  return line === '' ? '' : JSON.stringify(line);
}

function askTcp(
  place: Place,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const where = hostPort(place);
  return new Promise((resolve, reject) => {
    const end = AbortSignal.timeout(timeoutMs);
    const either = signal === undefined ? end : AbortSignal.any([signal, end]);
    const socket = connect({ ...place, signal: either }, () => {
      socket.destroy();
      resolve({ ok: true, words: `${where} accepts connections`, noWay: false });
    });
    socket.on('error', (error) => {
      if (signal?.aborted === true) reject(abortReason(signal));
      else if (end.aborted) resolve(late(where, timeoutMs, true));
      else resolve(refused(`${where}: `, error));
    });
  });
}

const abortReason = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error('aborted');

const late = (where: string, timeoutMs: number, noWay: boolean): Outcome => ({
  ok: false,
  words: `no answer from ${where} within ${timeoutMs / 1_000} s`,
  noWay,
});

function refused(where: string, error: NodeJS.ErrnoException): Outcome {
  const words = networkWords[error.code ?? ''] ?? error.message;
  return { ok: false, words: `${where}${words}`, noWay: dead.has(error.code ?? '') };
}

const dead: ReadonlySet<string> = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);

async function probeInside(
  engine: Engine,
  { name }: Asked,
  { command, timeoutMs }: Extract<Healthcheck, { readonly kind: 'exec' }>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const wanted = signal === undefined ? { timeoutMs } : { timeoutMs, signal };
  const what = command.join(' ').slice(0, excerptChars);
  const ran = await engine.exec(name, command, wanted).catch((error: unknown) => {
    // It ends at this very moment, or has no such command.
    if (error instanceof Fault && error.data.code !== 'DOCKER_DOWN') return error.data.message;
    throw error;
  });
  if (typeof ran === 'string') return { ok: false, words: `${what}: ${ran}` };
  const { exitCode, output } = ran;
  const said = output.trim().slice(-excerptChars);
  const rest = said === '' ? '' : `: ${JSON.stringify(said)}`;
  if (exitCode < 0)
    return { ok: false, words: `${what} did not end within ${timeoutMs / 1_000} s${rest}` };
  return { ok: exitCode === 0, words: `${what} exited with ${exitCode}${rest}` };
}

/** Docker runs that one and counts its failures; `none` where the image has no such check. */
function imageAnswer({ health, healthOutput }: ContainerDetail): Answer {
  if (health === 'none') return { ok: true, words: 'it runs; its image has no HEALTHCHECK' };
  const said = (healthOutput ?? '').trim().slice(-excerptChars);
  const rest = said === '' ? '' : `: ${JSON.stringify(said)}`;
  return { ok: health === 'healthy', words: `Docker says ${health}${rest}` };
}

const hostPort = ({ host, port }: Place): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
