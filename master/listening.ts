// Where the servers of the master listen, and where they do in truth.

import { chmod } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import { fault } from '../states/faults.ts';
import { endpointText, type Endpoint } from './endpoint.ts';

/** The socket is never there with wider permissions, not even for a moment. */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    const listening = listen(server, { path });
    process.umask(before);
    await listening;
  } finally {
    process.umask(before);
  }
  await chmod(path, 0o600);
}

/** Throws LISTEN_FAILED. */
export function listen(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const { path, host = '', port = 0 } = where;
      const what = path ?? endpointText({ host, port });
      reject(fault('LISTEN_FAILED', `cannot listen at ${what}: ${cause.message}`, {}, { cause }));
    });
    server.listen(where, resolve);
  });
}

export function addressOf(server: Server): Endpoint {
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port };
}
