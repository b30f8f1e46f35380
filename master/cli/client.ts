// The CLI's end of the API: one request per call over the master's Unix socket, or over TLS with a
// token. Answers are the master's own and are trusted in shape; faults become thrown Faults.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { join } from 'node:path';
import { Fault, fault } from '../../states/faults.ts';
import type { ErrorAnswer } from '../api/contract.ts';
import { AnsweredFault } from './problem.ts';

export interface Target {
  readonly dir: string;
  /** A master elsewhere; its API port speaks TLS only. */
  readonly url?: string;
  readonly token?: string;
  readonly ca?: string;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Client {
  get<T>(path: string): Promise<T>;
  send<T>(method: Method, path: string, body?: unknown): Promise<T>;
  /**
   * The lines of an answer that stays open; ends when the connection does. An empty line is a sign
   * of life: the first one says that the answer has begun, each later one is a heartbeat.
   */
  lines(path: string, signal: AbortSignal): AsyncIterable<string>;
}

const answerMsMax = 120_000;
/** Longer than the master is ever silent on a stream that lives. */
const streamSilenceMsMax = 20_000;

export function openClient(target: Target): Client {
  const send = async <T>(method: Method, path: string, body?: unknown): Promise<T> => {
    const signal = AbortSignal.timeout(answerMsMax);
    const answer = await exchange(target, { method, path, body, signal });
    return parsed<T>(await whole(answer), path);
  };
  return {
    send,
    get: (path) => send('GET', path),
    lines: (path, signal) => streamed(target, path, signal),
  };
}

/** `/v1/events?since=4&follow=1`; what is undefined is left out. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) given.set(name, String(value));
  }
  return given.size === 0 ? path : `${path}?${given.toString()}`;
}

interface Exchange {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

async function exchange(target: Target, wanted: Exchange): Promise<IncomingMessage> {
  const body = wanted.body === undefined ? undefined : JSON.stringify(wanted.body);
  const { request, options } = await connection(target, wanted.path);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({
      ...options,
      method: wanted.method,
      signal: wanted.signal,
      headers: {
        ...options.headers,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    });
    sent.on('response', resolve);
    sent.on('error', (cause) => {
      reject(unreachable(target, cause));
    });
    sent.end(body);
  });
  if ((answer.statusCode ?? 500) < 400) return answer;
  throw refusal(await whole(answer), answer.statusCode ?? 500);
}

interface Connection {
  readonly request: typeof httpRequest;
  readonly options: RequestOptions & { readonly ca?: Buffer };
}

async function connection(target: Target, path: string): Promise<Connection> {
  if (target.url === undefined) {
    return {
      request: httpRequest,
      options: { socketPath: join(target.dir, 'master.sock'), path, agent: false },
    };
  }
  const { hostname, port } = remoteUrl(target.url);
  const ca = target.ca === undefined ? {} : { ca: await authority(target.ca) };
  const { request } = await import('node:https');
  const headers = target.token === undefined ? {} : { authorization: `Bearer ${target.token}` };
  return { request, options: { hostname, port, path, headers, agent: false, ...ca } };
}

function remoteUrl(raw: string): URL {
  const url = URL.parse(raw);
  if (url?.protocol === 'https:') return url;
  throw fault('BAD_USAGE', `not an https:// address: ${raw}`);
}

async function authority(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fault('BAD_USAGE', `cannot read the CA's certificate ${path}`, {}, { cause });
  }
}

function unreachable(target: Target, cause: Error & { code?: string }): Error {
  if (target.url !== undefined) {
    return fault('MASTER_DOWN', `no answer: ${cause.message}`, { where: target.url }, { cause });
  }
  const where = join(target.dir, 'master.sock');
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return fault('ACCESS_DENIED', 'the socket of the master is not yours to use', { where });
  }
  if (cause.code === 'ENOENT' && !existsSync(join(target.dir, 'master.yaml'))) {
    return fault('MASTER_UNSET', `no master was set up in ${target.dir}`);
  }
  const message = cause.name === 'TimeoutError' ? 'the master does not answer' : 'no master runs';
  return fault('MASTER_DOWN', message, { where }, { cause });
}

async function whole(answer: IncomingMessage): Promise<string> {
  try {
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    return Buffer.concat(parts).toString('utf8');
  } catch (cause) {
    throw fault('MASTER_DOWN', 'the master went away while it answered', {}, { cause });
  }
}

function refusal(text: string, status: number): Error {
  const answer = parsed<Partial<ErrorAnswer>>(text, `status ${status}`);
  if (answer.error === undefined) return fault('INTERNAL', `the master answered ${status}`);
  return new AnsweredFault(answer.error);
}

function parsed<T>(text: string, where: string): T {
  if (text === '') return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw fault('INTERNAL', "the master's answer is not JSON", { where }, { cause });
  }
}

async function* streamed(
  target: Target,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const silence = new AbortController();
  const timer = setTimeout(() => {
    silence.abort();
  }, streamSilenceMsMax);
  try {
    const either = AbortSignal.any([signal, silence.signal]);
    const answer = await exchange(target, { method: 'GET', path, signal: either });
    yield '';
    let rest = '';
    for await (const part of answer.setEncoding('utf8')) {
      timer.refresh();
      const pieces = (rest + String(part)).split('\n');
      rest = pieces.pop() ?? '';
      yield* pieces;
    }
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw fault('MASTER_DOWN', 'the connection to the master broke', {}, { cause });
  } finally {
    clearTimeout(timer);
  }
}
