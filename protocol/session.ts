// One session over a WebSocket, whole or gone: what does not parse, is too large, or comes from a peer
// that fell silent ends it, with a reason that both sides get to know. Used by both ends of the link.

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import { limits } from './limits.ts';
import type { Heart, Pulse } from './pulse.ts';

/** For `ws` on both sides: uncompressed, bounded frames, and no long farewell. */
export const socketOptions = {
  perMessageDeflate: false,
  maxPayload: limits.frameBytesMax,
  closeTimeout: limits.closeMs,
} as const;

export interface SessionEnd {
  /** `peer`: it said so itself. */
  readonly by: 'here' | 'peer' | 'network';
  readonly reason: string;
}

export interface SessionOptions<In> {
  /** Open. */
  readonly socket: WebSocket;
  /** The connection under it: also half a message is a sign of life. */
  readonly stream: Duplex;
  readonly schema: z.ZodType<In>;
  readonly pulse: Pulse;
  readonly sendBufferBytesMax?: number;
  readonly onMessage: (message: In) => void;
  /** Once; nothing is received after it. */
  readonly onEnd: (end: SessionEnd) => void;
}

/** Thrown by `send`: the peer would end the session over it. */
export class FrameTooLarge extends Error {
  readonly bytes: number;
  constructor(bytes: number) {
    super(`a message of ${bytes} bytes is larger than ${limits.frameBytesMax}`);
    this.bytes = bytes;
  }
}

interface Bye {
  readonly type: 'bye';
  readonly reason: string;
}

export class Session<In extends { readonly type: string } | Bye, Out> {
  /** Resolves when the connection itself is closed, with why the session ended. */
  readonly closed: Promise<SessionEnd>;
  readonly #options: SessionOptions<In>;
  readonly #heart: Heart;
  #end: SessionEnd | undefined;

  constructor(options: SessionOptions<In>) {
    this.#options = options;
    const { socket, stream, pulse } = options;
    this.#heart = pulse.join({
      ping: () => {
        if (!this.ended) socket.ping();
      },
      silent: () => {
        this.#finish({ by: 'here', reason: 'the other side fell silent' });
        socket.terminate();
      },
    });
    stream.on('data', () => {
      this.#heart.heard();
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (!this.ended) this.#receive(data, isBinary);
    });
    socket.on('error', (error) => {
      this.#finish({ by: 'here', reason: errorText(error) });
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        resolve(this.#finish({ by: 'network', reason: reason.toString() || closeText(code) }));
      });
    });
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** Bytes that wait for the network. */
  get waiting(): number {
    return this.#options.socket.bufferedAmount;
  }

  /** False where the session has ended, also because of this. */
  send(message: Out): boolean {
    if (this.ended) return false;
    const frame = JSON.stringify(message);
    const bytes = Buffer.byteLength(frame);
    if (bytes > limits.frameBytesMax) throw new FrameTooLarge(bytes);
    const { socket, sendBufferBytesMax = limits.sendBufferBytesMax } = this.#options;
    if (socket.bufferedAmount + bytes > sendBufferBytesMax) {
      this.#finish({ by: 'here', reason: 'the other side reads too slowly' });
      socket.terminate();
      return false;
    }
    socket.send(frame);
    return true;
  }

  end(reason: string): void {
    if (this.ended) return;
    this.#finish({ by: 'here', reason });
    const bye: Bye = { type: 'bye', reason };
    this.#options.socket.send(JSON.stringify(bye));
    this.#options.socket.close(1000);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.end('binary frames are refused');
      return;
    }
    const read = parse(this.#options.schema, data);
    if (!read.ok) {
      this.end(`not a message: ${read.problem}`);
    } else if (isBye(read.message)) {
      this.#finish({ by: 'peer', reason: read.message.reason });
      this.#options.socket.close(1000);
    } else {
      this.#options.onMessage(read.message);
    }
  }

  /** The first reason is the one that counts. */
  #finish(end: SessionEnd): SessionEnd {
    if (this.#end !== undefined) return this.#end;
    this.#end = end;
    this.#heart.stop();
    this.#options.onEnd(end);
    return end;
  }
}

type Read<T> =
  { readonly ok: true; readonly message: T } | { readonly ok: false; readonly problem: string };

function parse<T>(schema: z.ZodType<T>, data: Buffer): Read<T> {
  let raw: unknown;
  try {
    raw = JSON.parse(data.toString());
  } catch {
    return { ok: false, problem: 'no JSON' };
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { ok: true, message: parsed.data };
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  return { ok: false, problem: `${place}${issue?.message ?? 'not valid'}`.slice(0, 500) };
}

const isBye = (message: { readonly type: string }): message is Bye => message.type === 'bye';

const errorTexts: Readonly<Record<string, string>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: `a frame is larger than ${limits.frameBytesMax} bytes`,
  WS_ERR_INVALID_UTF8: 'a frame is not UTF-8',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'a message comes in too many pieces',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ETIMEDOUT: 'the connection timed out',
};

const errorText = (error: Error & { readonly code?: string }): string =>
  errorTexts[error.code ?? ''] ?? error.message;

/** What `ws` itself says to a peer has a number and no words. */
const closeTexts: Readonly<Record<number, string>> = {
  1002: 'the other side says: not a valid WebSocket frame',
  1005: 'the other side closed the link without a reason',
  1006: 'the connection was lost',
  1007: 'the other side says: a frame is not UTF-8',
  1008: 'the other side says: a message comes in too many pieces',
  1009: `the other side says: a frame is larger than ${limits.frameBytesMax} bytes`,
};

const closeText = (code: number): string => closeTexts[code] ?? `closed with code ${code}`;
