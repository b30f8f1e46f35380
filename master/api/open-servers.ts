// Servers and their connections, from the first byte of each on: a server that speaks TLS does not
// itself know those that have yet to say who they are, and would wait for them when it closes.

import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';

const answerMsMax = 1_000;

export class OpenServers {
  readonly #servers: HttpServer[] = [];
  readonly #sockets = new Set<Socket>();

  add(server: HttpServer): void {
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** What is being answered gets a moment to end; the work itself does not depend on it. */
  async close(): Promise<void> {
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, answerMsMax);
    await Promise.all(
      this.#servers.map((server) => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeIdleConnections();
        return closed;
      }),
    );
    clearTimeout(timer);
  }
}
