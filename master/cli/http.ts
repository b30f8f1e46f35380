// One HTTP/1.0 exchange over a connected socket: as 1.0, the answer simply ends with the connection.
// Written out because loading node:http takes 30 ms, a third of a whole `master apply`.

import type { Socket } from 'node:net';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface Response {
  readonly status: number;
  /** Pieces of text as they arrive; throws when the answer was cut short. */
  readonly body: AsyncIterable<string>;
}

const headCharsMax = 65_536;

/** Rejects with the socket's own error, or the signal's reason. */
export async function exchange(socket: Socket, request: Request): Promise<Response> {
  const { signal } = request;
  const onAbort = (): void => {
    socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  };
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once('close', () => {
    signal.removeEventListener('abort', onAbort);
  });
  socket.setEncoding('utf8');
  socket.write(headOf(request) + request.body);
  const pieces = socket[Symbol.asyncIterator]() as AsyncIterator<string>;
  const { head, rest } = await readHead(pieces);
  const [, status] = /^HTTP\/1\.[01] ([0-9]{3})/.exec(head) ?? [];
  if (status === undefined) throw new Error('not an HTTP answer');
  return { status: Number(status), body: bodyOf(pieces, rest, lengthIn(head)) };
}

function headOf({ method, path, headers, body }: Request): string {
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ ...headers, ...length }).map(([name, value]) => {
    if (!/^[\u0020-\u007e]*$/.test(value)) throw new Error(`bad value for ${name}`);
    return `${name}: ${value}`;
  });
  return [`${method} ${path} HTTP/1.0`, ...lines, '', ''].join('\r\n');
}

async function readHead(pieces: AsyncIterator<string>): Promise<{ head: string; rest: string }> {
  let text = '';
  for (;;) {
    const end = text.indexOf('\r\n\r\n');
    // Looked for first: the beginning of a long body may have come in the same piece.
    if (end >= 0) return { head: text.slice(0, end), rest: text.slice(end + 4) };
    if (text.length >= headCharsMax) throw new Error('the head of the answer is too long');
    const next = await pieces.next();
    if (next.done === true) throw new Error('the connection ended before the answer');
    text += next.value;
  }
}

const lengthIn = (head: string): number | undefined => {
  const [, length] = /^content-length: *([0-9]+)/im.exec(head) ?? [];
  return length === undefined ? undefined : Number(length);
};

async function* bodyOf(
  pieces: AsyncIterator<string>,
  first: string,
  length: number | undefined,
): AsyncGenerator<string> {
  let bytes = Buffer.byteLength(first);
  try {
    if (first !== '') yield first;
    while (length === undefined || bytes < length) {
      const next = await pieces.next();
      if (next.done === true) break;
      bytes += Buffer.byteLength(next.value);
      yield next.value;
    }
    if (length !== undefined && bytes < length) throw new Error('the answer was cut short');
  } finally {
    // Ends the iteration of the socket, which destroys it.
    await pieces.return?.();
  }
}
