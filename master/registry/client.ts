// One question to a registry: tried again while trying can help, with the token or the password that
// it asks for, and never sent on to another host.

import type { World } from '../../protocol/world.ts';
import { Fault, fault } from '../../states/faults.ts';
import { authorize, type Credentials } from './authorize.ts';
import { isLoopback, isOurOwn, type Place } from './place.ts';

export type { Credentials } from './authorize.ts';

interface Question {
  readonly place: Place;
  readonly method: 'HEAD' | 'GET';
  readonly path: string;
  readonly accept: string;
  /** The answer may stand at another host, which is asked without our credentials. */
  readonly elsewhere: boolean;
  readonly bytesMax: number;
  readonly credentials?: Credentials;
  readonly world: World;
  /** By the world's clock; no attempt and no wait goes past it. */
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

export interface Asked {
  /** 200 or 404; everything else is a fault. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

const attemptMsMax = 10_000;
const waitMsMin = 200;
const waitMsMax = 5_000;

export async function askRegistry(question: Question): Promise<Asked> {
  const { world, deadline, signal } = question;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await once(question);
    } catch (error) {
      if (!(error instanceof Unwell)) throw error;
      const wait = error.waitMs ?? backoffMs(attempt, world.random());
      if (world.now() + wait >= deadline) throw down(question, error.message, error.cause);
      await world.sleep(wait, signal);
    }
  }
}

/** Something that may pass by itself. */
class Unwell extends Error {
  readonly waitMs: number | undefined;
  constructor(message: string, options: { readonly waitMs?: number; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.waitMs = options.waitMs;
  }
}

const backoffMs = (attempt: number, random: number): number =>
  Math.min(waitMsMax, waitMsMin * 2 ** attempt) * (0.5 + random / 2);

async function once(question: Question): Promise<Asked> {
  const first = await send(question, undefined);
  if (first.status !== 401) return settled(question, first);
  await first.body?.cancel();
  const challenge = first.headers.get('www-authenticate') ?? '';
  const authorization = await authorize(challenge, {
    place: question.place,
    send: (url, headers) => transport(question, url, { method: 'GET', headers }),
    ...(question.credentials === undefined ? {} : { credentials: question.credentials }),
  });
  return settled(question, await send(question, authorization));
}

function send(question: Question, authorization: string | undefined): Promise<Response> {
  const headers = {
    accept: question.accept,
    ...(authorization === undefined ? {} : { authorization }),
  };
  const url = new URL(question.path, question.place.origin);
  return transport(question, url, { method: question.method, headers });
}

/** Redirects are followed by hand, as often as harmless, and only where it is safe to go. */
async function transport(
  question: Question,
  url: URL,
  init: { readonly method: string; readonly headers: Record<string, string> },
): Promise<Response> {
  let target = url;
  let { headers } = init;
  for (let hops = 0; hops < 4; hops += 1) {
    const response = await attempt(question, target, { method: init.method, headers });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    const next = URL.parse(location, target.href);
    if (next === null || !mayFollow(question, url, next)) {
      throw down(question, `it sends on to another host, ${next?.host ?? location}`);
    }
    if (next.origin !== url.origin) headers = { accept: question.accept };
    target = next;
  }
  throw down(question, 'it sends on in a circle');
}

/** To the registry itself; elsewhere over TLS or as the registry does, and never to ourselves. */
function mayFollow({ place, elsewhere }: Question, from: URL, next: URL): boolean {
  const registry = new URL(place.origin);
  if (next.origin === from.origin) return true;
  if (!elsewhere || (next.protocol !== 'https:' && next.protocol !== registry.protocol))
    return false;
  return !isOurOwn(next.hostname) || isLoopback(registry.hostname);
}

async function attempt(
  question: Question,
  url: URL,
  init: { readonly method: string; readonly headers: Record<string, string> },
): Promise<Response> {
  const { world, deadline, signal } = question;
  const left = Math.max(1, Math.min(attemptMsMax, deadline - world.now()));
  const timeout = AbortSignal.timeout(left);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  let response: Response;
  try {
    response = await fetch(url.href, { ...init, redirect: 'manual', signal: either });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Unwell(reasonOf(error, timeout.aborted), { cause: error });
  }
  if (response.status !== 429 && response.status < 500) return response;
  await response.body?.cancel();
  const after = Number(response.headers.get('retry-after'));
  const wait = after > 0 ? { waitMs: Math.min(after * 1_000, 60_000) } : {};
  throw new Unwell(`it answers ${response.status}`, wait);
}

async function settled(question: Question, response: Response): Promise<Asked> {
  const { status, headers } = response;
  if (status === 200) return { status, headers, body: await bodyOf(question, response) };
  await response.body?.cancel();
  if (status === 404) return { status, headers, body: new Uint8Array() };
  const { registry, name } = question.place;
  if (status === 401 || status === 403) {
    const who =
      question.credentials === undefined ? 'without credentials' : 'with these credentials';
    throw fault('REGISTRY_AUTH', `${registry} does not let ${name} be read ${who}`, {
      where: registry,
    });
  }
  throw down(question, `it answers ${status}`);
}

async function bodyOf(question: Question, response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += part.length;
      if (bytes > question.bytesMax) throw down(question, 'its answer is too large');
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Unwell('its answer broke off', { cause: error });
  }
  return Buffer.concat(parts);
}

function down({ place }: Question, why: string, cause?: unknown): Fault {
  const message = `the registry ${place.registry} cannot be asked: ${why}`;
  return fault('REGISTRY_DOWN', message, { where: place.registry }, { cause });
}

function reasonOf(error: unknown, timedOut: boolean): string {
  if (timedOut) return 'it does not answer in time';
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
