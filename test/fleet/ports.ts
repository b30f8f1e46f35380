// Ports of this machine that nobody has at this moment.

import { createServer, type AddressInfo } from 'node:net';

/** Of its loopback. */
export async function freePort(): Promise<number> {
  const port = await tryPort('127.0.0.1', 0);
  if (port === undefined) throw new Error('no port of 127.0.0.1 is free');
  return port;
}

/** The wanted one where it is free: somebody may have it at all addresses. */
export const portLike = async (wanted: number, address: string): Promise<number> =>
  (await tryPort(address, wanted)) ?? (await tryPort(address, 0)) ?? wanted;

async function tryPort(address: string, wanted: number): Promise<number | undefined> {
  const server = createServer();
  const heard = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(wanted, address, () => resolve(true));
  });
  if (!heard) return undefined;
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
