// One attempt to reach the master: TLS 1.3 with both certificates, then the WebSocket. What keeps it
// from coming about is a fault that says why.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { fault, type Fault } from '../states/faults.ts';
import { subprotocols } from '../protocol/limits.ts';
import { socketOptions } from '../protocol/session.ts';
import type { World } from '../protocol/world.ts';
import type { Identity } from './identity.ts';
import { connectionFault } from './problems.ts';

export interface Connected {
  readonly socket: WebSocket;
  readonly stream: Duplex;
}

interface ConnectOptions {
  readonly url: string;
  readonly identity: Identity;
  readonly world: World;
  /** Best first; those this build speaks, unless a test says otherwise. */
  readonly protocols?: readonly string[];
  readonly signal: AbortSignal;
}

export function connect(options: ConnectOptions): Promise<Connected> {
  const { url, identity, world, signal, protocols = subprotocols } = options;
  const { key, cert, ca } = identity;
  return new Promise((resolve, reject) => {
    const tls = { key, cert, ca, minVersion: 'TLSv1.3' } as const;
    const socket = new WebSocket(new URL('/link', url), [...protocols], {
      ...socketOptions,
      ...tls,
    });
    const cancel = (): void => {
      socket.terminate();
    };
    const settled = (settle: () => void): void => {
      signal.removeEventListener('abort', cancel);
      settle();
    };
    let stream: Duplex | undefined;
    socket.once('upgrade', (response) => {
      stream = response.socket;
    });
    socket.once('open', () => {
      settled(() => {
        if (stream !== undefined) resolve({ socket, stream });
      });
    });
    socket.once('unexpected-response', (request, response) => {
      void refusalOf(response).then((refused) => {
        request.destroy();
        settled(() => {
          reject(refused);
        });
      });
    });
    // Stays on until the session takes over: what fails after `open` is told by `close`.
    socket.on('error', (error) => {
      settled(() => {
        reject(connectionFault(error, url, world.now()));
      });
    });
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
  });
}

const refusalCharsMax = 500;

/** The master says in its answer why it refuses. */
async function refusalOf(response: IncomingMessage): Promise<Fault> {
  const status = response.statusCode ?? 0;
  let said = '';
  try {
    for await (const part of response.setEncoding('utf8')) {
      said += String(part);
      if (said.length > refusalCharsMax) break;
    }
  } catch {
    // What came until then is all there is.
  }
  const reason = said.slice(0, refusalCharsMax).trim() || `HTTP status ${status}`;
  return fault('LINK_REFUSED', `the master refuses this link: ${reason}`);
}
