// One question over HTTPS to a master that this host has not joined yet.

import { request } from 'node:https';
import { limits } from '../protocol/limits.ts';
import type { World } from '../protocol/world.ts';
import { fault } from '../states/faults.ts';
import { placeOf } from './master-url.ts';
import { connectionFault } from './problems.ts';

interface HttpQuestion {
  readonly url: string;
  readonly path: string;
  /** PEM; without it whoever answers is believed to be nobody in particular. */
  readonly ca?: string;
  /** Makes it a POST; never without `ca`. */
  readonly body?: string;
  readonly world: World;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterSeconds: number;
  /** Unix milliseconds by the clock of the one who answered. */
  readonly at: number | undefined;
}

const answerBytesMax = 4 * limits.enrolBodyBytesMax;

export async function ask(question: HttpQuestion): Promise<HttpAnswer> {
  const { url, ca, body, world } = question;
  if (ca === undefined && body !== undefined) throw new Error('a secret for nobody in particular');
  const late = new AbortController();
  const done = new AbortController();
  void world.sleep(limits.handshakeMs, done.signal).then(
    () => {
      late.abort();
    },
    () => undefined,
  );
  try {
    return await exchange(question, late.signal);
  } catch (error) {
    if (late.signal.aborted) {
      const message = `no answer from ${placeOf(url)} within ${limits.handshakeMs / 1_000} s`;
      throw fault('MASTER_UNREACHABLE', message, {}, { cause: error });
    }
    throw connectionFault(error, url, world.now());
  } finally {
    done.abort();
  }
}

function exchange({ url, path, ca, body }: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
  const target = new URL(path, url.replace(/^wss:/, 'https:'));
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const options = { ...trust, headers, signal, minVersion: 'TLSv1.3', agent: false } as const;
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const sent = request(target, { ...options, method }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > answerBytesMax) sent.destroy(new Error('the answer is too large'));
      });
      response.on('error', reject);
      response.on('end', () => {
        const { date, 'retry-after': retryAfter } = response.headers;
        resolve({
          ...{ status: response.statusCode ?? 0, text },
          retryAfterSeconds: Number(retryAfter) || 1,
          at: date === undefined ? undefined : Date.parse(date),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
