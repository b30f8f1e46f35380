// What the fleet's port answers to those who are not linked: the CA's certificate, and a request to
// join. Everything else does not exist.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { neighbourOf } from '../../protocol/address.ts';
import { enrolPaths, type EnrolRefusal } from '../../protocol/enrol.ts';
import { limits } from '../../protocol/limits.ts';
import { Fault, fault, type FaultCode } from '../../states/faults.ts';
import type { Enrolment } from './enrolment.ts';
import type { Rate } from './rate.ts';

export interface HttpOptions {
  /** PEM. */
  readonly ca: () => string;
  readonly enrolment: Enrolment;
  readonly rate: Rate;
  readonly log: Logger;
}

export async function answer(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // One question per connection: they are counted, and this way they end.
  response.shouldKeepAlive = false;
  const { method, url } = request;
  if (method === 'GET' && url === enrolPaths.ca) {
    send(response, 200, { type: 'application/x-pem-file', text: options.ca() });
  } else if (method === 'POST' && url === enrolPaths.enrol) {
    await enrol(options, request, response);
  } else {
    send(response, 404, { type: 'text/plain', text: '' });
  }
}

async function enrol(
  { enrolment, rate, log }: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const address = request.socket.remoteAddress;
  const waitMs = rate.take(neighbourOf(address));
  if (waitMs > 0) {
    response.setHeader('retry-after', Math.ceil(waitMs / 1_000));
    refuse(
      response,
      429,
      fault('JOIN_REFUSED', 'too many requests from this address; wait a little'),
    );
    return;
  }
  try {
    const given = await enrolment.enrol(await bodyOf(request), address ?? 'unknown');
    send(response, 'waiting' in given ? 202 : 200, {
      type: 'application/json',
      text: JSON.stringify(given),
    });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    log.warn({ address, reason: error.data.message }, 'a host was not let in');
    refuse(response, statuses[error.data.code] ?? 503, error);
  }
}

const statuses: Partial<Record<FaultCode, number>> = { BAD_USAGE: 400, JOIN_REFUSED: 403 };

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limits.enrolBodyBytesMax) throw tooLarge();
  let bytes = 0;
  // What goes on past the limit ends the connection with it.
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > limits.enrolBodyBytesMax) throw tooLarge();
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString());
  } catch {
    throw fault('BAD_USAGE', 'not a request to join');
  }
}

const tooLarge = (): Fault => fault('BAD_USAGE', 'the request is too large');

function refuse(response: ServerResponse, status: number, { data }: Fault): void {
  const { code, message } = data;
  const body: EnrolRefusal = { error: { code, message } };
  send(response, status, { type: 'application/json', text: JSON.stringify(body) });
}

function send(
  response: ServerResponse,
  status: number,
  { type, text }: { readonly type: string; readonly text: string },
): void {
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, { ...headers, 'x-content-type-options': 'nosniff' }).end(text);
}
