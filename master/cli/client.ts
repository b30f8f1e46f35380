// The CLI's end of the API: one request per call over the master's Unix socket, or over TLS with a
// token. Answers are the master's own and are trusted in shape; faults become thrown Faults.

import { existsSync, readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { join } from 'node:path';
import { Fault, fault } from '../../states/faults.ts';
import type { ErrorAnswer } from '../api/contract.ts';
import { exchange, type Response } from './http.ts';
import { AnsweredFault } from './problem.ts';

export interface Target {
  readonly dir: string;
  /** A master elsewhere; its API port speaks TLS only. */
  readonly url?: string;
  readonly token?: string;
  readonly ca?: string;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

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
    const answer = await ask(target, { method, path, body, signal });
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

interface Question {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

async function ask(target: Target, { body, ...question }: Question): Promise<Response> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    ...(text === '' ? {} : { 'content-type': 'application/json' }),
    ...(target.token === undefined ? {} : { authorization: bearer(target.token) }),
  };
  const socket = await connected(target);
  try {
    const answer = await exchange(socket, { ...question, headers, body: text });
    if (answer.status < 400) return answer;
    throw refusal(await whole(answer), answer.status);
  } catch (cause) {
    socket.destroy();
    throw cause instanceof Fault ? cause : unreachable(target, cause);
  }
}

function bearer(token: string): string {
  if (/^[!-~]+$/.test(token)) return `Bearer ${token}`;
  throw fault('BAD_USAGE', 'BRINE_TOKEN is not a token: it holds a space or a control character');
}

async function connected(target: Target): Promise<Socket> {
  if (target.url === undefined) return connect(join(target.dir, 'master.sock'));
  const url = URL.parse(target.url);
  if (url?.protocol !== 'https:')
    throw fault('BAD_USAGE', `not an https:// address: ${target.url}`);
  const tls = await import('node:tls');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return tls.connect({
    host,
    port: url.port === '' ? 4506 : Number(url.port),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(target.ca === undefined ? {} : { ca: authority(target.ca) }),
  });
}

function authority(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw fault('BAD_USAGE', `cannot read the CA's certificate ${path}`, {}, { cause });
  }
}

function unreachable(target: Target, raw: unknown): Fault {
  const cause: Error & { code?: string } = raw instanceof Error ? raw : new Error(String(raw));
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

async function whole(answer: Response): Promise<string> {
  try {
    let text = '';
    for await (const piece of answer.body) text += piece;
    return text;
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
    const answer = await ask(target, { method: 'GET', path, signal: either });
    yield '';
    let rest = '';
    for await (const piece of answer.body) {
      timer.refresh();
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw fault('MASTER_DOWN', 'the connection to the master broke', {}, { cause });
  } finally {
    clearTimeout(timer);
  }
}
